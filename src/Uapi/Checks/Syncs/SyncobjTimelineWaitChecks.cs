using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_TIMELINE_WAIT, before the handles are read (DRM-012).</summary>
[CheckList(typeof(DrmSyncobjTimelineWait))]
[RequireKnownFlags(1, "DRM-012", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
internal static partial class SyncobjTimelineWaitChecks;
