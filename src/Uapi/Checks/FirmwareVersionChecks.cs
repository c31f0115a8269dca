using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>What the client writes into the buffer of a UC_FW_VERSION query.</summary>
[CheckList(typeof(DrmXeQueryUcFwVersion))]
[RequireZero(1, "01 section 4", Errno.EINVAL, "must be zero", "pad", "pad2", "reserved")]
[RequireKnownValue(2, "01 section 4", Errno.EINVAL, "no such microcontroller", "uc_type")]
internal static partial class FirmwareVersionChecks;
