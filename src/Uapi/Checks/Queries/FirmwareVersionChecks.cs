using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>What the client writes into the buffer of a UC_FW_VERSION query.</summary>
[CheckList(typeof(DrmXeQueryUcFwVersion))]
[RequireZero(1, "QRY-006", Errno.EINVAL, "must be zero", "pad", "pad2", "reserved")]
[RequireKnownValue(2, "QRY-006", Errno.EINVAL, "no such microcontroller", "uc_type")]
internal static partial class FirmwareVersionChecks;
