using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_QUERY, before the handles are read (DRM-010).</summary>
[CheckList(typeof(DrmSyncobjTimelineArray))]
[RequireKnownFlags(1, "DRM-010", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
[RefuseIf(2, "DRM-003", Errno.EINVAL, "a call without handles does nothing", "count_handles", nameof(HasNoHandles))]
internal static partial class SyncobjQueryChecks
{
    private static bool HasNoHandles(in DrmSyncobjTimelineArray array) => array.CountHandles == 0;
}
