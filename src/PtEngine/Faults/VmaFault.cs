using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Faults;

/// <summary>A page fault on a BO, userptr or NULL VMA (specification 04 section 3.4): binds the VMA unless its mapping is valid.</summary>
internal static class VmaFault
{
    /// <summary>Resolves a fault at an address as a plain page-table operation, on all tiles.</summary>
    /// <returns>Done; refused: -EINVAL when no VMA is there; -EOPNOTSUPP for a mirror, which needs the SVM policy; -EFAULT when the memory
    /// of a userptr is gone (FLT-046); or what binding fails with.</returns>
    public static Outcome Resolve(VmContext vm, ulong va)
    {
        int vma = vm.FindVma(va);
        if (vma == 0)
            return vm.Call.Refuse(Refusals.FaultOutsideVma(va));

        ref Vma v = ref vm.Space.Vmas[vma];
        if (v.IsMirror)
            return vm.Call.Refuse(Refusals.FaultInMirror(va));

        return v.ValidTiles == vm.Facts.TileMask ? Outcome.Done : Bind(vm, vma, va, uint.MaxValue);
    }

    /// <summary>Services a fault of a tile, inside the VM, in a call that has begun.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="statistics">Of the GT that faulted.</param>
    /// <param name="vma">The VMA, which is no mirror.</param>
    /// <param name="va">The page.</param>
    /// <param name="tile">Tile that is bound.</param>
    /// <param name="access">What the GPU wanted.</param>
    public static Outcome Service(VmContext vm, GtStatistics statistics, int vma, ulong va, int tile, GpuAccessKind access)
    {
        bool isAtomic = access == GpuAccessKind.Atomic;
        ref Vma v = ref vm.Space.Vmas[vma];
        BufferObject? bo = v.HasBo ? vm.Memory.Bos[v.Bo] : null;
        AtomicAccess attribute = bo?.Atomic ?? v.Attributes.Atomic;
        if (!AtomicRule.TryDecide(vm.Facts.Platform, attribute, isAtomic, out bool needsVram))
            return vm.Call.Refuse(Refusals.FaultAtomicIsOfCpu(va));
        if (needsVram && v.IsUserptr)
            return vm.Call.Refuse(Refusals.FaultAtomicOnUserptr(va));

        statistics.Add(GtCounter.VmaPagefaultCount);
        statistics.Add(GtCounter.VmaPagefaultKb, (long)(v.Size >> 10));
        if (vm.Watch.IsTraced)
            EngineEvents.VmaPagefault(vm.Watch, VmaEvents.Of(vm, vma));
        if (v.HasValidMapping(tile) && !isAtomic && (!vm.IsIdle || FaultedEntry.LetsPass(vm, tile, va, access)))
        {
            // The stores may be still to come; to answer before them would only bring the same fault again.
            if (!vm.IsIdle)
                vm.Call.Done = vm.FenceOfAll();
            return Outcome.Done;
        }

        Outcome outcome = needsVram && bo is not null ? MoveToTile(vm, bo, va, tile) : Outcome.Done;
        if (outcome == Outcome.Done)
            outcome = Bind(vm, vma, va, 1u << tile);
        // The BO allows atomics and the VMA does not, or the other way round: no entry will let them pass.
        bool isInVain = outcome == Outcome.Done && isAtomic && vm.Call.Done.IsSignalled && !FaultedEntry.LetsPass(vm, tile, va, access);
        return isInVain ? vm.Call.Refuse(Refusals.FaultAtomicIsOfCpu(va)) : outcome;
    }

    /// <summary>FLT-045.</summary>
    private static Outcome MoveToTile(VmContext vm, BufferObject bo, ulong va, int tile)
    {
        int region = tile + 1;
        if (bo.Place is { } place && place.Region == region)
            return Outcome.Done;
        if (bo.IsPinned)
            return vm.Call.Refuse(Refusals.FaultAtomicIsPinned(va));
        if (!bo.MayBeIn(region))
            return vm.Call.Refuse(Refusals.FaultAtomicIsMisplaced(va));
        Outcome outcome = vm.Residency.Migrate(vm, bo, region, mayEvictOwn: true, va);
        return outcome != Outcome.Refused ? outcome
            : vm.Call.Refuse(vm.Call.Why.Errno == Errno.EBUSY ? Refusals.FaultAtomicIsPinned(va) : Refusals.FaultHasNoMemory(va));
    }

    /// <summary>Binds a VMA; a userptr with the pages of now, however often they change meanwhile (PT-170).</summary>
    private static Outcome Bind(VmContext vm, int vma, ulong va, uint tiles)
    {
        Outcome outcome;
        do
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            Errno error = v.Userptr != 0 && vm.Userptrs.IsStale(v.Userptr) ? Repin(vm, v) : Errno.Ok;
            if (error == Errno.EAGAIN)
                return Outcome.Again;
            if (error != Errno.Ok)
                return vm.Call.Refuse(
                    error == Errno.EFAULT ? Refusals.FaultUserptrIsNotMapped(va) : Refusals.UserptrIsNotPinned(error, va));

            Errno injected = vm.Call.Fires(FailurePoint.RangeBind, Errno.ENOMEM);
            outcome = injected != Errno.Ok
                ? vm.Call.Refuse(Refusals.FaultStepFails(FaultStep.Bind, injected, va))
                : VmaRebind.Run(vm, [vma], mayEvictOwn: true, tiles);
        }
        while (outcome == Outcome.Refused && vm.Call.Why.Errno == Errno.EAGAIN);

        return outcome;
    }

    private static Errno Repin(VmContext vm, in Vma v)
    {
        StageEvents.Begin(vm, RoadStage.Populate);
        Errno error = vm.Repin(v);
        StageEvents.End(vm, RoadStage.Populate, error == Errno.Ok ? Outcome.Done : Outcome.Refused);
        return error;
    }
}
