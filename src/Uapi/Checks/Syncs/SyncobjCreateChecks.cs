using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_CREATE (DRM-001).</summary>
[CheckList(typeof(DrmSyncobjCreate))]
[RequireKnownFlags(1, "DRM-001", Errno.EINVAL, "carries a flag that the core does not know", "flags")]
internal static partial class SyncobjCreateChecks;
