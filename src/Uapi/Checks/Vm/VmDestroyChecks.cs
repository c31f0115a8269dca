using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>VM_DESTROY, before the look-up of the VM (BIND-009).</summary>
[CheckList(typeof(DrmXeVmDestroy))]
[RequireZero(1, "BIND-009", Errno.EINVAL, "must be zero", "pad", "reserved")]
internal static partial class VmDestroyChecks;
