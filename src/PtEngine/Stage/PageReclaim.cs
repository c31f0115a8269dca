using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Tlb;
using XePt.Uapi.Formats;

namespace XePt.Stage;

/// <summary>The page reclaim lists of a VM's tile updates: all VMA unbinds of an update share one (PT-189). There is one of these only
/// where the platform has them.</summary>
/// <param name="platform">The platform.</param>
/// <param name="ranges">Writes in flight, per tile.</param>
/// <param name="statistics">What the GTs count, by GT id.</param>
internal sealed class PageReclaim(PlatformInfo platform, RangeFences[] ranges, GtStatistics[] statistics)
{
    private readonly FenceSet _pending = new();

    /// <summary>Lists the pages that a VMA is about to lose in <c>[start, end)</c>, before the unbind is staged. Whatever cannot be listed
    /// makes the invalidation flush everything; it never fails a call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Collect(TileUpdate update, int vma, in Vma v, ulong start, ulong end)
    {
        if (update.Reclaim == ReclaimState.Aborted)
            return;
        if ((update.Reclaim == ReclaimState.Complete || update.TryBeginReclaim()) && TryList(update, vma, v, start, end))
            return;
        update.Reclaim = ReclaimState.Aborted;
        StatisticsOf(update).Add(GtCounter.PrlAbortedCount);
    }

    /// <summary>The update's invalidation is issued, with its list if that is complete.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Issue(TileUpdate update)
    {
        if (update.Reclaim == ReclaimState.Complete)
            StatisticsOf(update).Add(GtCounter.PrlIssuedCount);
    }

    private bool TryList(TileUpdate update, int vma, in Vma v, ulong start, ulong end)
    {
        // Pages that the caches it is about do not keep (PT-190).
        if (platform.Pat.Entries[v.Attributes.Pat].L3Policy == PatL3Policy.TransientDisplay)
            return true;
        return AreWritten(update, vma, start, end)
            && new ReclaimWalk(update, update.ReclaimList!, StatisticsOf(update)).Run(start, end);
    }

    /// <summary>The entries say what is mapped: neither this call nor a job is about to write them.</summary>
    private bool AreWritten(TileUpdate update, int vma, ulong start, ulong end)
    {
        foreach (ref readonly PtOp op in update.Ops.Items)
        {
            if (op.IsBind && op.Vma == vma)
                return false;
        }

        _pending.Clear();
        ranges[update.Tile].Collect(start, end - 1, _pending);
        return _pending.Count == 0;
    }

    private GtStatistics StatisticsOf(TileUpdate update) => statistics[update.Tile * platform.GtSlotsPerTile];
}
