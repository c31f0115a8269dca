using XePt.Commit;
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
    /// <summary>What was found.</summary>
    private struct Found
    {
        /// <summary>Tiles on which entries were zapped.</summary>
        public uint Tiles;

        /// <summary>Tiles that have to be flushed: those, and those on which others have not flushed yet what they have zapped.</summary>
        public uint Unflushed;

        /// <summary>What has to be flushed.</summary>
        public ulong Start, End;

        public bool HasGarbage;
    }

    /// <inheritdoc/>
    public override bool Invalidate(SvmNotifier notifier, in CpuChange change)
    {
        // A change that may not block is refused without effect (SVM-140).
        if (!change.MayBlock)
            return false;

        long begun = space.Device.Clock.Now;
        var found = new Found { Start = change.Range.Start, End = change.Range.End };
        space.Ranges.Gate.Enter();
        ulong start = Math.Max(change.Range.Start, notifier.From), end = Math.Min(change.Range.End, notifier.To);
        for (int range = space.Ranges.FirstOverlapInside(start, end); range != 0;)
        {
            ref SvmRange r = ref space.Ranges[range];
            if (!space.IsClosed)
                Notify(range, ref r, ref found);
            Drop(range, ref r, change, ref found);
            range = r.End < end ? space.Ranges.FirstOverlapInside(r.End, end) : 0;
        }

        BeginFlush(ref found);
        space.Ranges.Gate.Exit();
        Flush(found, begun);
        if (found.HasGarbage)
            space.Garbage.Queue();
        return true;
    }

    /// <summary>Takes away the entries of a range that is about to be forgotten, inside the VM, when its unbind has to wait.</summary>
    public void TakeAway(int range)
    {
        long begun = space.Device.Clock.Now;
        space.Ranges.Gate.Enter();
        ref SvmRange r = ref space.Ranges[range];
        var found = new Found { Start = r.Start, End = r.End };
        Zap(ref r, ref found);
        BeginFlush(ref found);
        space.Ranges.Gate.Exit();
        Flush(found, begun);
    }

    private void Notify(int range, ref SvmRange r, ref Found found)
    {
        space.Trace(range, "NOTIFIER");
        if (r.Has(SvmRangeFlags.Unmapped) || r.TilePresent == 0)
            return;
        space.Trace(range, "NOTIFIER - EXECUTE");
        Zap(ref r, ref found);
    }

    /// <summary>Zeroes the entries of the whole range on every tile where it is valid (SVM-144). The flush covers every range that has
    /// entries, and the change (VEC-07).</summary>
    private void Zap(ref SvmRange range, ref Found found)
    {
        if (range.Has(SvmRangeFlags.Unmapped) || range.TilePresent == 0)
            return;

        found.Start = Math.Min(found.Start, range.Start);
        found.End = Math.Max(found.End, range.End);
        for (int tile = 0; tile < space.Vm.Tables.Length; tile++)
        {
            if (!range.HasValidMapping(tile))
                continue;
            ZapWalk.Run(space.Vm.Tables[tile], range.Start, range.End);
            range.TileInvalidated |= (byte)(1 << tile);
            found.Tiles |= 1u << tile;
            CountOnGts(tile, GtCounter.SvmTlbInvalCount, 1);
        }
    }

    /// <summary>The pages are of no use any more (SVM-147); what is unmapped waits for the garbage collector (SVM-148).</summary>
    private void Drop(int range, ref SvmRange r, in CpuChange change, ref Found found)
    {
        r.Flags &= ~(SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages);
        r.Pagemap = 0;
        if (change.Kind != CpuChangeKind.Unmap || space.IsClosed)
            return;

        r.Flags |= SvmRangeFlags.Unmapped;
        if (change.Range.Start > r.Start || change.Range.End < r.End)
            r.Flags |= SvmRangeFlags.PartlyUnmapped;
        space.Trace(range, "GARBAGE COLLECTOR ADD");
        if (!r.Has(SvmRangeFlags.Forsaken))
            space.Ranges.List(range);
        found.HasGarbage = true;
    }

    /// <summary>From now on others know of the zap until it is flushed. Inside the gate.</summary>
    private void BeginFlush(ref Found found)
    {
        found.Unflushed = found.Tiles | space.Ranges.Zaps.Tiles;
        space.Ranges.Zaps.Begin(found.Tiles);
    }

    /// <summary>After the entries, before the pages change (SVM-145, SVM-146).</summary>
    private void Flush(in Found found, long begun)
    {
        if (found.Unflushed == 0)
            return;
        try
        {
            space.Vm.Tlb.OfZap(found.Unflushed, found.Start, found.End, TlbInvalidationCause.Range);
        }
        finally
        {
            space.Ranges.EndZap(found.Tiles);
        }

        for (int tile = 0; tile < space.Vm.Tables.Length; tile++)
        {
            if ((found.Tiles & (1u << tile)) != 0)
                CountOnGts(tile, GtCounter.SvmTlbInvalUs, (space.Device.Clock.Now - begun) / 1000);
        }
    }

    private void CountOnGts(int tile, GtCounter counter, long amount)
    {
        for (int gt = 0; gt < space.Vm.Tlb.GtsPerTile; gt++)
            space.Device.Statistics[space.Vm.Tlb.GtOf(tile, gt)].Add(counter, amount);
    }
}
