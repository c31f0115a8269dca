using System.Numerics;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>
/// What happens to ranges before the CPU's pages change (specification 04 section 6.2): entries are zapped, TLBs flushed, pages let go of,
/// and what is unmapped goes to the garbage list.
/// </summary>
/// <remarks>Concurrency: called by whoever changes the memory, in the middle of whatever other threads do in the VM, and perhaps by a
/// thread that is inside the VM itself; it waits for no VM. A range's entries are written inside the notifier gate, together with its mark
/// (<see cref="RangeBind"/>), and never by a job that waits; so inside the gate either the mark is there and the entries are, or whoever is
/// about to write them finds the pages gone. What leads to the entries of a range that is marked does not change: whatever would take a
/// table away needs the range unbound before. See <c>docs/concurrency/svm.md</c>.</remarks>
internal sealed class RangeInvalidation(MirrorSpace space) : SvmChangeHandler
{
    /// <inheritdoc/>
    public override bool Invalidate(SvmNotifier notifier, in CpuChange change)
    {
        // A change that may not block is refused without effect (SVM-140).
        if (!change.MayBlock)
            return false;

        long begun = space.Device.Clock.Now;
        var zap = new ImmediateZap(space.Vm, change.Range.Start, change.Range.End);
        bool hasGarbage = false;
        space.Ranges.Gate.Enter();
        ulong start = Math.Max(change.Range.Start, notifier.From), end = Math.Min(change.Range.End, notifier.To);
        for (int range = space.Ranges.FirstOverlapInside(start, end); range != 0;)
        {
            ref SvmRange r = ref space.Ranges[range];
            if (!space.IsClosed)
                Notify(range, ref r, ref zap);
            hasGarbage |= Drop(range, ref r, change);
            range = r.End < end ? space.Ranges.FirstOverlapInside(r.End, end) : 0;
        }

        zap.Announce();
        space.Ranges.Gate.Exit();
        Flush(ref zap, begun);
        if (hasGarbage)
            space.Garbage.Queue();
        return true;
    }

    /// <summary>Takes away the entries of a range that is about to be forgotten, inside the VM, when its unbind has to wait.</summary>
    public void TakeAway(int range)
    {
        long begun = space.Device.Clock.Now;
        space.Ranges.Gate.Enter();
        ref SvmRange r = ref space.Ranges[range];
        var zap = new ImmediateZap(space.Vm, r.Start, r.End);
        Take(ref r, ref zap);
        zap.Announce();
        space.Ranges.Gate.Exit();
        Flush(ref zap, begun);
    }

    private void Notify(int range, ref SvmRange r, ref ImmediateZap zap)
    {
        space.Trace(range, "NOTIFIER");
        if (r.Has(SvmRangeFlags.Unmapped) || r.TilePresent == 0)
            return;
        space.Trace(range, "NOTIFIER - EXECUTE");
        Take(ref r, ref zap);
    }

    /// <summary>Zeroes the entries of the whole range on every tile where it is valid (SVM-144). The flush covers every range that has
    /// entries, and the change (VEC-07).</summary>
    private void Take(ref SvmRange range, ref ImmediateZap zap)
    {
        if (range.Has(SvmRangeFlags.Unmapped) || range.TilePresent == 0)
            return;

        zap.Take(range.ValidTiles, range.Start, range.End);
        CountOnGts(range.ValidTiles, GtCounter.SvmTlbInvalCount, 1);
        range.TileInvalidated |= range.ValidTiles;
    }

    /// <summary>The pages are of no use any more (SVM-147); what is unmapped waits for the garbage collector (SVM-148).</summary>
    /// <returns>True when it does.</returns>
    private bool Drop(int range, ref SvmRange r, in CpuChange change)
    {
        r.Flags &= ~(SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages);
        r.Pagemap = 0;
        if (change.Kind != CpuChangeKind.Unmap || space.IsClosed)
            return false;

        r.Flags |= SvmRangeFlags.Unmapped;
        if (change.Range.Start > r.Start || change.Range.End < r.End)
            r.Flags |= SvmRangeFlags.PartlyUnmapped;
        space.Trace(range, "GARBAGE COLLECTOR ADD");
        if (!r.Has(SvmRangeFlags.Forsaken))
            space.Ranges.List(range);
        return true;
    }

    /// <summary>After the entries, before the pages change (SVM-145, SVM-146).</summary>
    private void Flush(ref ImmediateZap zap, long begun)
    {
        if (zap.Unflushed == 0)
            return;
        zap.Flush(TlbInvalidationCause.Range);
        CountOnGts(zap.Tiles, GtCounter.SvmTlbInvalUs, (space.Device.Clock.Now - begun) / 1000);
    }

    private void CountOnGts(uint tiles, GtCounter counter, long amount)
    {
        for (uint left = tiles; left != 0; left &= left - 1)
        {
            for (int gt = 0; gt < space.Vm.Tlb.GtsPerTile; gt++)
                space.Device.Statistics[space.Vm.Tlb.GtOf(BitOperations.TrailingZeroCount(left), gt)].Add(counter, amount);
        }
    }
}
