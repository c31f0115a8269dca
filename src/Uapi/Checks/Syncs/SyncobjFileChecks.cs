using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_HANDLE_TO_FD and SYNCOBJ_FD_TO_HANDLE, before the look-ups (DRM-030).</summary>
[CheckList(typeof(DrmSyncobjHandle))]
[RequireZero(1, "DRM-030", Errno.EINVAL, "must be zero", "pad")]
[RequireKnownFlags(2, "DRM-030", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
[RequireZero(3, "DRM-030", Errno.EINVAL, "an object is shared with all its points", "point", When = nameof(SharesObject))]
internal static partial class SyncobjFileChecks
{
    // A sync file without the timeline flag ignores the point.
    private static bool SharesObject(in DrmSyncobjHandle argument) => (argument.Flags & SyncobjFileFlags.SyncFile) == 0;
}
