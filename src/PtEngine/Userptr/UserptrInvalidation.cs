using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Tlb;

namespace XePt.Userptr;

/// <summary>
/// What a change of the CPU's pages does to one VM (BIND-268, UPTR-020 to UPTR-024): its userptrs there are stale at once; when everything
/// in flight has completed, and in fault mode their entries are zapped and TLBs flushed, the old pages are let go of.
/// </summary>
/// <remarks>Concurrency: two steps. The first marks the userptrs under the notifier gate, in the middle of whatever another thread does in
/// the VM, which finds out before it binds (PT-168) or leaves the VM. The second is inside the VM: whatever was bound or submitted with the
/// old pages is in the reservation by now, and whatever comes later finds the marks. See <c>docs/concurrency/userptr.md</c>.</remarks>
internal static class UserptrInvalidation
{
    /// <summary>Invalidates the userptrs of <c>[start, end)</c>. Any thread, inside no VM.</summary>
    /// <param name="vms">The VMs of the device.</param>
    /// <param name="vm">The VM, which may have ended.</param>
    /// <param name="start">First CPU address.</param>
    /// <param name="end">End, exclusive.</param>
    /// <param name="gone">Receives the fences after which the GPU cannot reach the old pages.</param>
    /// <returns>Userptrs that were met.</returns>
    public static int Run(AllVms vms, VmContext vm, ulong start, ulong end, FenceSet gone)
    {
        var hits = new List<UserptrHit>();
        vm.Userptrs.Invalidate(start, end, lists: !vm.Facts.IsFaultMode, hits);
        if (hits.Count == 0)
            return 0;

        var operation = new Operation(hits, gone);
        VmEntry.Run(vms, vm, ref operation);
        return hits.Count;
    }

    private readonly struct Operation(List<UserptrHit> hits, FenceSet gone) : IVmOperation
    {
        public bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            DemandAll(vm);
            if (!vm.IsClosed)
                Release(vm, hits);
            vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, gone);
            return Outcome.Done;
        }
    }

    /// <summary>Lets go of the pages of one userptr that is marked, in a call of its own inside the VM.</summary>
    /// <returns>Signals when the GPU cannot reach them any more.</returns>
    public static Fence Release(VmContext vm, UserptrHit userptr)
    {
        DemandAll(vm);
        if (!vm.IsClosed)
            Release(vm, [userptr]);
        return vm.FenceOfAll();
    }

    /// <summary>The same for who can wait for nothing, inside the VM, in the middle of a call: the entries are zapped on the spot, and
    /// binds in flight write none of them later.</summary>
    public static Fence ReleaseNow(VmContext vm, UserptrHit userptr)
    {
        DemandAll(vm);
        vm.Counters.UserptrInvalidations++;
        if (vm.Facts.IsFaultMode && vm.Userptrs.TryFindInFlight(userptr, out VmaInFlight bound))
            TakeAwayNow(vm, bound, isUnbound: vm.Userptrs.Find(userptr).Vma == 0);
        Fence all = vm.FenceOfAll();
        vm.Vmas.Deferred.AddPages(all, vm.Userptrs.DropPages(userptr));
        DropReplaced(vm, userptr, all);
        return all;
    }

    private static void TakeAwayNow(VmContext vm, in VmaInFlight bound, bool isUnbound)
    {
        ref Vma v = ref vm.Space.Vmas[bound.Vma];
        // The running call takes it away: the plan, which a zap follows, may be ahead of the entries, and have others at its place.
        bool isLeaving = !isUnbound && vm.Space.Find(v.Start) != bound.Vma;
        // Another change may have taken it away by an update that is still to be written or flushed, and waits for that outside the VM.
        byte tiles = vm.IsIdle ? v.ValidTiles : v.TilePresent;
        vm.Jobs.ForgetPages(bound, isLeaving ? tiles : 0u);
        if (isUnbound)
            vm.Tlb.OfZap(vm.Facts.TileMask, bound.Start, bound.End, TlbInvalidationCause.Zap);
        else if (isLeaving)
            VmaInvalidate.Flush(vm, bound.Vma, tiles);
        else
            VmaInvalidate.Run(vm, bound.Vma, tiles);
    }

    /// <summary>The call may have pinned the userptr anew and keep what it had in case that it fails. That is outdated, too.</summary>
    private static void DropReplaced(VmContext vm, UserptrHit userptr, Fence after)
    {
        int vma = vm.Userptrs.Find(userptr).Vma;
        for (int i = 0; i < vm.Call.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Call.Ops[i];
            if (!op.IsRepinned || op.Vma != vma)
                continue;
            vm.Vmas.Deferred.AddPages(after, op.OldPages.Slot);
            op.OldPages = op.OldPages with { Slot = 0, Pagemap = 0 };
        }
    }

    /// <summary>Preempt fences turn into stopped queues (UPTR-021).</summary>
    private static void DemandAll(VmContext vm)
    {
        FenceSet pending = vm.Jobs.Waits;
        pending.Clear();
        vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, pending);
        foreach (Fence fence in pending.Fences)
            fence.Demand();
    }

    private static void Release(VmContext vm, List<UserptrHit> hits)
    {
        if (vm.Watch.IsTraced)
            Trace(vm, hits, isComplete: false);
        foreach (UserptrHit hit in hits)
        {
            vm.Counters.UserptrInvalidations++;
            // Also when a fault has repinned it in the meantime: its rebind has flushed no TLB (PT-176).
            if (vm.Facts.IsFaultMode && vm.Userptrs.Find(hit) is (var vma and not 0, WasBound: true))
                VmaInvalidate.Submit(vm, vma);
        }

        vm.Call.Done = vm.FenceOfAll();
        foreach (UserptrHit hit in hits)
            vm.Vmas.Deferred.AddPages(vm.Call.Done, vm.Userptrs.DropPages(hit));
        if (vm.Watch.IsTraced)
            Trace(vm, hits, isComplete: true);
    }

    private static void Trace(VmContext vm, List<UserptrHit> hits, bool isComplete)
    {
        foreach (UserptrHit hit in hits)
        {
            if (vm.Userptrs.Find(hit).Vma is not (var vma and not 0))
                continue;
            if (isComplete)
                EngineEvents.VmaUserptrInvalidateComplete(vm.Watch, VmaEvents.Of(vm, vma));
            else
                EngineEvents.VmaUserptrInvalidate(vm.Watch, VmaEvents.Of(vm, vma));
        }
    }
}
