using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_TIMELINE_SIGNAL, before the handles are read (DRM-006).</summary>
[CheckList(typeof(DrmSyncobjTimelineArray))]
[RequireZero(1, "DRM-006", Errno.EINVAL, "there are no flags for signalling", "flags")]
[RefuseIf(2, "DRM-003", Errno.EINVAL, "a call without handles does nothing", "count_handles", nameof(HasNoHandles))]
internal static partial class SyncobjTimelineSignalChecks
{
    private static bool HasNoHandles(in DrmSyncobjTimelineArray array) => array.CountHandles == 0;
}
