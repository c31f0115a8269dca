using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What an event about a VM carries (PT-201).</summary>
internal struct VmEvent
{
    /// <summary>Number of the VM on its device.</summary>
    [Recorded(32)]
    public ulong Vm;

    /// <summary>Address-space id.</summary>
    [Recorded(20)]
    public uint Asid;

    /// <summary>The driver's flags: 1 64K pages needed, 2 long-running, 8 scratch pages, 16 fault mode, 32 banned.</summary>
    [Recorded(32)]
    public uint Flags;
}

// VMs (PT-201).
internal static partial class EngineEvents
{
    /// <summary>The VM can do no more.</summary>
    [EngineEvent(20, "xe_vm_kill", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmKill(DeviceWatch watch, in VmEvent fields);

    /// <summary>A VM is made.</summary>
    [EngineEvent(21, "xe_vm_create", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmCreate(DeviceWatch watch, in VmEvent fields);

    /// <summary>Nothing is left of the VM.</summary>
    [EngineEvent(22, "xe_vm_free", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmFree(DeviceWatch watch, in VmEvent fields);

    /// <summary>The tables of a call are written by the CPU inside the call.</summary>
    [EngineEvent(23, "xe_vm_cpu_bind", XeEventGroups.Vm, EventLevel.Verbose)]
    public static partial void VmCpuBind(DeviceWatch watch, in VmEvent fields);

    /// <summary>Never raised, as by the driver, which declares it.</summary>
    [EngineEvent(24, "xe_vm_restart", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmRestart(DeviceWatch watch, in VmEvent fields);

    /// <summary>The rebind worker looks after the VM.</summary>
    [EngineEvent(25, "xe_vm_rebind_worker_enter", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmRebindWorkerEnter(DeviceWatch watch, in VmEvent fields);

    /// <summary>The rebind worker begins again.</summary>
    [EngineEvent(26, "xe_vm_rebind_worker_retry", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmRebindWorkerRetry(DeviceWatch watch, in VmEvent fields);

    /// <summary>The rebind worker is done with the VM.</summary>
    [EngineEvent(27, "xe_vm_rebind_worker_exit", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmRebindWorkerExit(DeviceWatch watch, in VmEvent fields);

    /// <summary>The ops of a call could not be carried out; -ENODATA does not count (PT-204).</summary>
    [EngineEvent(28, "xe_vm_ops_fail", XeEventGroups.Vm, EventLevel.Informational)]
    public static partial void VmOpsFail(DeviceWatch watch, in VmEvent fields);
}
