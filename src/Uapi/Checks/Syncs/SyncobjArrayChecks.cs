using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_RESET and SYNCOBJ_SIGNAL, before the handles are read (DRM-003).</summary>
[CheckList(typeof(DrmSyncobjArray))]
[RequireZero(1, "DRM-003", Errno.EINVAL, "must be zero", "pad")]
[RefuseIf(2, "DRM-003", Errno.EINVAL, "a call without handles does nothing", "count_handles", nameof(HasNoHandles))]
internal static partial class SyncobjArrayChecks
{
    private static bool HasNoHandles(in DrmSyncobjArray array) => array.CountHandles == 0;
}
