using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>The VM_BIND call as a whole, before its ops (specification 02 section 6.2).</summary>
[CheckList(typeof(DrmXeVmBind), Context = typeof(BindCheckContext))]
[RequireZero(1, "BIND-061", Errno.EINVAL, "must be zero", "pad", "pad2", "reserved")]
[RequireZero(2, "BIND-062", Errno.EINVAL, "VM_BIND takes no extensions", "extensions")]
[RequireAtMost(3, "BIND-063", Errno.EINVAL, "more sync entries than one call may carry", "num_syncs", XeConstants.MaxSyncs,
    When = nameof(IsFinal), ComparedWith = "limit")]
internal static partial class VmBindChecks
{
    private static bool IsFinal(in BindCheckContext context) => context.Profile == XeProfile.Final;
}
