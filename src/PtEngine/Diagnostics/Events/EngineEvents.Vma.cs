using System.Diagnostics.Tracing;
using XePt.Uapi.Spec;

namespace XePt.Diagnostics;

/// <summary>What an event about a VMA carries (PT-200).</summary>
internal struct VmaEvent
{
    /// <summary>Number of the VMA in its VM.</summary>
    [Recorded(28)]
    public ulong Vma;

    /// <summary>Number of the VM on its device.</summary>
    [Recorded(20)]
    public ulong Vm;

    /// <summary>Address-space id of the VM.</summary>
    public uint Asid;

    /// <summary>First address.</summary>
    [Recorded(45, Shift = 12)]
    public ulong Start;

    /// <summary>Last address, inclusive.</summary>
    [Recorded(45, Shift = 12, EndsInOnes = true)]
    public ulong End;

    /// <summary>CPU address of a userptr, else 0.</summary>
    public ulong Ptr;
}

// VMAs (PT-200, PT-204).
internal static partial class EngineEvents
{
    /// <summary>Never raised, as by the driver, which declares it.</summary>
    [EngineEvent(1, "xe_vma_flush", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaFlush(DeviceWatch watch, in VmaEvent fields);

    /// <summary>A fault is about this VMA.</summary>
    [EngineEvent(2, "xe_vma_pagefault", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaPagefault(DeviceWatch watch, in VmaEvent fields);

    /// <summary>Never raised, as by the driver, which declares it.</summary>
    [EngineEvent(3, "xe_vma_acc", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaAccess(DeviceWatch watch, in VmaEvent fields);

    /// <summary>A bind of the VMA is staged on all tiles and about to run.</summary>
    [EngineEvent(4, "xe_vma_bind", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaBind(DeviceWatch watch, in VmaEvent fields);

    /// <summary>Never raised, as by the driver, which declares it.</summary>
    [EngineEvent(5, "xe_vma_pf_bind", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaPagefaultBind(DeviceWatch watch, in VmaEvent fields);

    /// <summary>An unbind of the VMA is staged on all tiles and about to run.</summary>
    [EngineEvent(6, "xe_vma_unbind", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaUnbind(DeviceWatch watch, in VmaEvent fields);

    /// <summary>Never raised, as by the driver, which declares it: the worker's events are <see cref="VmaRebindWorker"/>.</summary>
    [EngineEvent(7, "xe_vma_userptr_rebind_worker", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaUserptrRebindWorker(DeviceWatch watch, in VmaEvent fields);

    /// <summary>Never raised, as by the driver, which declares it: an EXEC's events are <see cref="VmaRebindExec"/>.</summary>
    [EngineEvent(8, "xe_vma_userptr_rebind_exec", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaUserptrRebindExec(DeviceWatch watch, in VmaEvent fields);

    /// <summary>The rebind worker brings the VMA up to date.</summary>
    [EngineEvent(9, "xe_vma_rebind_worker", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaRebindWorker(DeviceWatch watch, in VmaEvent fields);

    /// <summary>An EXEC brings the VMA up to date.</summary>
    [EngineEvent(10, "xe_vma_rebind_exec", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaRebindExec(DeviceWatch watch, in VmaEvent fields);

    /// <summary>The CPU takes pages of the userptr away.</summary>
    [EngineEvent(11, "xe_vma_userptr_invalidate", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaUserptrInvalidate(DeviceWatch watch, in VmaEvent fields);

    /// <summary>The entries of the VMA are about to be taken away.</summary>
    [EngineEvent(12, "xe_vma_invalidate", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaInvalidate(DeviceWatch watch, in VmaEvent fields);

    /// <summary>The BO of the VMA is about to move.</summary>
    [EngineEvent(13, "xe_vma_evict", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaEvict(DeviceWatch watch, in VmaEvent fields);

    /// <summary>The CPU may have the pages of the userptr: nothing reaches them any more.</summary>
    [EngineEvent(14, "xe_vma_userptr_invalidate_complete", XeEventGroups.Vma, EventLevel.Informational)]
    public static partial void VmaUserptrInvalidateComplete(DeviceWatch watch, in VmaEvent fields);
}
