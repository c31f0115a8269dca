using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>WAIT_USER_FENCE, before the look-up of the queue (BIND-254).</summary>
[CheckList(typeof(DrmXeWaitUserFence))]
[RequireZero(1, "BIND-254", Errno.EINVAL, "must be zero", "extensions", "pad", "pad2", "reserved")]
[RequireKnownFlags(2, "BIND-254", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RequireKnownValue(3, "BIND-254", Errno.EINVAL, "no such comparison", "op")]
[RequireAligned(4, "BIND-254", Errno.EINVAL, "must be 8-byte aligned", sizeof(ulong), "addr")]
internal static partial class WaitUserFenceChecks;
