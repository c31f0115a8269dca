using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Stage;
using XePt.Tlb;

namespace XePt.Pipeline;

/// <summary>Hands what a call staged on one tile to its lane: written and flushed at once, or by a job.</summary>
internal static class TileSubmission
{
    /// <summary>Submits the update and registers its pending fences with the reservations, the range fences and the call (PT-171 to
    /// PT-173).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Submit<TShape>(VmContext vm, BindCall call, TileUpdate tile, BindQueue queue)
        where TShape : struct, ICallShape
    {
        bool isZap = !TShape.IsPlain && tile.IsZap;
        if (!isZap)
            Count(vm, tile);
        bool flushes = tile.NeedsInvalidation || isZap;
        if (IsAlone<TShape>(vm, call) || !TryDefer(vm, call, tile, queue.Lanes[tile.Tile], flushes))
        {
            TableCommit.Write(tile);
            // The reference leaves out the flush of most rebinds; a page-walk cache may hold entries that lead into the tables they
            // displace. Asked after the stores: who listens from here on has seen none of the old ones.
            flushes = flushes || (tile.DisplacesTables() && vm.Tlb.IsHeard(tile.Tile));
            if (!TShape.IsPlain && call.IsTraced)
            {
                FinishTraced(vm, call, tile, queue.Lanes[tile.Tile], flushes);
            }
            else
            {
                TlbNumbers heard = flushes ? vm.Jobs.IssueFlush(tile) : default;
                if (heard.AreNone || TryFlush(vm, call, tile, queue.Lanes[tile.Tile], heard))
                    TableCommit.Retire(tile);
            }
        }

        // From here on the tables belong to the plan: only an abort before this point may give them back.
        tile.NewTables.Clear();
    }

    /// <summary>Flush and Retire where somebody wants the events of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FinishTraced(VmContext vm, BindCall call, TileUpdate tile, BindQueue.Lane lane, bool flushes)
    {
        VmEvents.CpuBind(vm);
        TileEvent fields = TileEvent.Of(vm.Tlb.Vm.Number, tile.Tile, tile.Start, tile.Last);
        TlbNumbers heard = default;
        if (flushes)
        {
            EngineEvents.FlushStart(vm.Watch, fields);
            heard = vm.Jobs.IssueTracedFlush(tile);
            EngineEvents.FlushStop(vm.Watch, fields);
        }

        if (!heard.AreNone && !TryFlush(vm, call, tile, lane, heard))
            return;
        EngineEvents.RetireStart(vm.Watch, fields);
        TableCommit.Retire(tile);
        EngineEvents.RetireStop(vm.Watch, fields);
    }

    /// <summary>Leaves the update to a job if it has to wait for anything.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryDefer(VmContext vm, BindCall call, TileUpdate tile, BindQueue.Lane lane, bool flushes)
    {
        FenceSet waits = CollectDependencies(vm, call, tile, lane);
        if (waits.Count == 0)
            return false;

        // Whether anybody listens is known when the job has written, and then it costs next to nothing if nobody does.
        tile.Flushes = flushes || tile.DisplacesTables();
        PtJob job = vm.Jobs.Defer(tile, lane, waits);
        Register(vm, call, tile, job);
        job.End();
        return true;
    }

    /// <summary>Tells those who hear of the flush.</summary>
    /// <returns>False when a job waits for the acknowledgements.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryFlush(VmContext vm, BindCall call, TileUpdate tile, BindQueue.Lane lane, TlbNumbers heard)
    {
        tile.Flushes = true;
        if (vm.Jobs.TellFlush(tile, heard, out Fence primary, out Fence media))
            return true;

        PtJob job = vm.Jobs.AwaitFlushes(tile, lane);
        Register(vm, call, tile, job);
        job.Watch(primary, media);
        return false;
    }

    /// <summary>A quick look: there is nothing that the update could have to wait for. Writes in flight and a lane's last write are those
    /// of jobs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAlone<TShape>(VmContext vm, BindCall call)
        where TShape : struct, ICallShape =>
        (TShape.IsPlain || call.InFences.Count == 0) && vm.Jobs.PendingCount == 0 && vm.Jobs.Reservation.IsEmpty && vm.BoFences.IsUnused;

    private static FenceSet CollectDependencies(VmContext vm, BindCall call, TileUpdate tile, BindQueue.Lane lane)
    {
        FenceSet waits = vm.Jobs.Waits;
        waits.Clear();
        if (call.InFences.Count > 0)
            waits.AddNewest(call.InFences);
        waits.AddNewest(lane.LastWrite);
        if (!vm.Jobs.Reservation.IsEmpty && (tile.WaitBookkeep || tile.WaitKernel))
            vm.Jobs.Reservation.Collect(tile.WaitBookkeep ? FenceUsage.Bookkeep : FenceUsage.Kernel, waits);
        vm.Jobs.RangeFences[tile.Tile].Collect(tile.Start, tile.Last, waits);
        if (!vm.BoFences.IsUnused)
            CollectBoDependencies(vm, tile, waits);
        return waits;
    }

    /// <summary>Binds wait for the KERNEL fences of their external BOs (BIND-246).</summary>
    private static void CollectBoDependencies(VmContext vm, TileUpdate tile, FenceSet waits)
    {
        foreach (ref readonly PtOp op in tile.Ops.Items)
        {
            if (op.Kind == PtOpKind.Bind && vm.ExternalBoOf(op.Vma) is var bo and not 0)
                vm.BoFences.Find(bo)?.Collect(FenceUsage.Kernel, waits);
        }
    }

    private static void Register(VmContext vm, BindCall call, TileUpdate tile, PtJob job)
    {
        call.Parts.Add(job.Write);
        vm.Jobs.RangeFences[tile.Tile].Add(tile.Start, tile.Last, job.Write);

        FenceUsage usage = tile.WaitBookkeep ? FenceUsage.Kernel : FenceUsage.Bookkeep;
        FenceUsage usageOfVm = HoldsJobsBack(vm, tile) ? FenceUsage.Kernel : usage;
        FenceSet done = vm.Jobs.Waits;
        done.Clear();
        job.CollectDone(done);
        vm.Jobs.Reservation.Add(done, usageOfVm);
        foreach (ref readonly PtOp op in tile.Ops.Items)
        {
            if (vm.ExternalBoOf(op.Vma) is var bo and not 0)
                vm.BoFences.Of(bo).Add(done, usage);
        }
    }

    /// <summary>The update takes away entries that lead to memory which may be somebody else's by now. Their VMA leaves the list of what
    /// is repaired before anything runs, so whatever would run waits for the update instead (<c>docs/concurrency/evict.md</c>).</summary>
    private static bool HoldsJobsBack(VmContext vm, TileUpdate tile)
    {
        if (vm.IsUpToDate)
            return false;
        foreach (ref readonly PtOp op in tile.Ops.Items)
        {
            if (!op.IsBind && vm.AwaitsRepair(op.Vma))
                return true;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(VmContext vm, TileUpdate tile)
    {
        ref VmCounters counters = ref vm.Counters;
        counters.Commits++;
        counters.TablesMade += tile.NewTables.Count;
        counters.EntriesPublished += tile.EntryCount;
        if (!tile.NeedsInvalidation)
            return;
        counters.RequestInvalidations += vm.Tlb.GtsPerTile;
        vm.Stager.Reclaim?.Issue(tile);
    }
}
