using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_WAIT, before the handles are read (DRM-012).</summary>
[CheckList(typeof(DrmSyncobjWait))]
[RequireKnownFlags(1, "DRM-012", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
[RefuseIf(2, "DRM-012", Errno.EINVAL, "only points can be waited for until they are available", "flags", nameof(AsksForAvailable))]
internal static partial class SyncobjWaitChecks
{
    private static bool AsksForAvailable(in DrmSyncobjWait wait) => (wait.Flags & SyncobjWaitFlags.Available) != 0;
}
