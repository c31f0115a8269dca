using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>VM_CREATE (BIND-005, BIND-007).</summary>
/// <remarks>Where the device forces the scratch flag on (step 2 of BIND-005), the engine sets it first: row 1 does not look at
/// it.</remarks>
[CheckList(typeof(DrmXeVmCreate), Context = typeof(DeviceCheckContext))]
[RequireZero(1, "BIND-005", Errno.EINVAL, "VM_CREATE takes no extensions", "extensions")]
[RefuseIf(2, "BIND-005", Errno.EINVAL, "this device has no recoverable page faults", "flags", nameof(FaultsAreAbsent))]
[RequireZero(3, "BIND-005", Errno.EINVAL, "must be zero", "reserved")]
[RequireKnownFlags(4, "BIND-005", Errno.EINVAL, "carries a flag that this driver does not know", "flags")]
[RefuseIf(5, "BIND-005", Errno.EINVAL, "this device cannot combine a scratch page with fault mode", "flags", nameof(ScratchExcludesFaults))]
[RefuseIf(6, "BIND-005", Errno.EINVAL, "FAULT_MODE needs LR_MODE", "flags", nameof(FaultsLackLongRunning))]
internal static partial class VmCreateChecks
{
    private static bool FaultsAreAbsent(in DrmXeVmCreate argument, in DeviceCheckContext device) =>
        (argument.Flags & VmCreateFlags.FaultMode) != 0 && !device.HasFaults;

    private static bool ScratchExcludesFaults(in DrmXeVmCreate argument, in DeviceCheckContext device) =>
        (argument.Flags & VmCreateFlags.FaultMode) != 0
        && (argument.Flags & VmCreateFlags.ScratchPage) != 0
        && !device.ScratchWithFaults;

    private static bool FaultsLackLongRunning(in DrmXeVmCreate argument) =>
        (argument.Flags & (VmCreateFlags.FaultMode | VmCreateFlags.LrMode)) == VmCreateFlags.FaultMode;
}
