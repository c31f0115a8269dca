using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_DESTROY, before the look-up (DRM-002).</summary>
[CheckList(typeof(DrmSyncobjDestroy))]
[RequireZero(1, "DRM-002", Errno.EINVAL, "must be zero", "pad")]
internal static partial class SyncobjDestroyChecks;
