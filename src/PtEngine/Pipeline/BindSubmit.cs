using XePt.Commit;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>
/// Hands what a request staged on a tile to its bind queue: the tables are written inside the call when nothing has to be waited for (PT-158), else by a
/// job when its fences have signalled (PT-160). Cannot fail (PT-144).
/// </summary>
internal static class BindSubmit
{
    /// <summary>Submits one tile's update and registers its pending fences with the reservations, the range fences and the request (PT-171 to PT-173).</summary>
    public static void Submit(VmContext vm, TileUpdate tile, BindQueue queue)
    {
        if (!tile.HasWork)
            return;

        if (!tile.IsZap)
            Count(vm, tile);
        // The reference leaves out the flush of most rebinds; a page-walk cache may hold entries that lead into the tables they displace.
        tile.Flushes = tile.NeedsInvalidation || tile.IsZap || (vm.Tlb.HasClients(tile.Tile) && tile.DisplacesTables());
        BindQueue.Lane lane = queue.Lanes[tile.Tile];
        FenceSet waits = CollectDependencies(vm, tile, lane);
        if (waits.Count > 0)
        {
            PtJob job = vm.Jobs.Defer(tile, lane, waits);
            Register(vm, tile, job);
            job.End();
        }
        else
        {
            TableCommit.Write(tile);
            Flush(vm, tile, lane);
        }

        // From here on the tables belong to the plan: only an abort before this point may give them back.
        tile.NewTables.Clear();
    }

    /// <summary>The fence of the whole request: table writes of every tile and, unless the caller does without, the queue's last TLB flushes
    /// (BIND-239, PT-149).</summary>
    public static Fence Join(VmContext vm, BindQueue queue, bool waitsForFlushes)
    {
        foreach (BindQueue.Lane lane in queue.Lanes)
        {
            if (waitsForFlushes)
                lane.CollectFlushes(vm.Parts);
        }

        return vm.Jobs.Composites.Of(vm.Parts);
    }

    private static void Flush(VmContext vm, TileUpdate tile, BindQueue.Lane lane)
    {
        if (tile.Flushes)
        {
            Fence primary = vm.Jobs.Invalidate(tile, 0);
            Fence media = lane.GtCount > 1 ? vm.Jobs.Invalidate(tile, 1) : Fence.Signalled;
            if (!vm.Jobs.IsAcknowledged(tile.Tile, 0, primary) || !vm.Jobs.IsAcknowledged(tile.Tile, 1, media))
            {
                PtJob job = vm.Jobs.AwaitFlushes(tile, lane);
                Register(vm, tile, job);
                job.Watch(primary, media);
                return;
            }
        }

        TableCommit.RetireDisplaced(tile);
        tile.Tables.Retired.Reclaim();
    }

    private static FenceSet CollectDependencies(VmContext vm, TileUpdate tile, BindQueue.Lane lane)
    {
        FenceSet waits = vm.Jobs.Waits;
        waits.Clear();
        foreach (Fence fence in vm.InFences.Fences)
            waits.AddNewest(fence);
        waits.AddNewest(lane.LastWrite);
        if (tile.WaitBookkeep)
            vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, waits);
        else if (tile.WaitKernel)
            vm.Jobs.Reservation.Collect(FenceUsage.Kernel, waits);
        vm.Jobs.Ranges[tile.Tile].Collect(tile.Start, tile.Last, waits);
        if (!vm.BoFences.IsUnused)
            CollectBoDependencies(vm, tile, waits);
        return waits;
    }

    /// <summary>Binds wait for the KERNEL fences of their external BOs (BIND-246).</summary>
    private static void CollectBoDependencies(VmContext vm, TileUpdate tile, FenceSet waits)
    {
        foreach (ref readonly PtOp op in tile.Ops.Items)
        {
            if (op.IsBind && !op.IsClear && vm.ExternalBoOf(op.Vma) is var bo and not 0)
                vm.BoFences.Find(bo)?.Collect(FenceUsage.Kernel, waits);
        }
    }

    private static void Register(VmContext vm, TileUpdate tile, PtJob job)
    {
        vm.Parts.Add(job.Write);
        vm.Jobs.Ranges[tile.Tile].Add(tile.Start, tile.Last, job.Write);

        FenceUsage usage = tile.WaitBookkeep ? FenceUsage.Kernel : FenceUsage.Bookkeep;
        FenceUsage usageOfVm = HoldsJobsBack(vm, tile) ? FenceUsage.Kernel : usage;
        FenceSet done = vm.Jobs.Waits;
        done.Clear();
        job.CollectDone(done);
        foreach (Fence fence in done.Fences)
        {
            vm.Jobs.Reservation.Add(fence, usageOfVm);
            foreach (ref readonly PtOp op in tile.Ops.Items)
            {
                if (vm.ExternalBoOf(op.Vma) is var bo and not 0)
                    vm.BoFences.Of(bo).Add(fence, usage);
            }
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

    private static void Count(VmContext vm, TileUpdate tile)
    {
        vm.Counters.Commits++;
        vm.Counters.TablesMade += tile.NewTables.Count;
        foreach (ref readonly PtUpdate update in tile.Updates.Items)
            vm.Counters.EntriesPublished += update.Count;
        if (tile.NeedsInvalidation)
            vm.Counters.RequestInvalidations += vm.Facts.Platform.HasMediaGt ? 2 : 1;
    }
}
