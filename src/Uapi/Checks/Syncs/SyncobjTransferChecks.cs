using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>SYNCOBJ_TRANSFER, before the look-ups (DRM-020).</summary>
[CheckList(typeof(DrmSyncobjTransfer))]
[RequireZero(1, "DRM-020", Errno.EINVAL, "must be zero", "pad")]
internal static partial class SyncobjTransferChecks;
