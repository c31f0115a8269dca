using XePt.Commit;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;

namespace XePt.Madvise;

/// <summary>Takes entries away whose VMAs have got other attributes (specification 04 section 13.5). Pages stay where they are.</summary>
/// <remarks>The driver waits for everything in flight before it zaps. Ranges need not: nothing in flight writes their entries
/// (<see cref="Svm.RangeInvalidation"/>). The zap of another VMA is put off instead, and everything that comes later waits for it. In a VM
/// that is not in fault mode nothing brings the entries back until somebody binds the VMA anew (MADV-055, Q12).</remarks>
internal struct AdviceZap(ulong start, ulong end)
{
    private uint _tiles;
    private uint _rangeTiles;
    private ulong _start = start, _end = end;
    private TlbInvalidationCause _cause = TlbInvalidationCause.Range;

    /// <summary>Takes away the entries of a VMA.</summary>
    public void Add(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (v.IsNull)
            return;
        if (v.IsMirror)
            ZapRanges(vm, v);
        else if (vm.Jobs.Reservation.IsIdle(FenceUsage.Bookkeep))
            Zap(vm, ref v);
        else
            VmaInvalidate.Submit(vm, vma);
    }

    /// <summary>One invalidation for everything (MADV-053), of the advice and of what was zapped beyond it (Q10).</summary>
    public readonly void Flush(VmContext vm)
    {
        try
        {
            if (_tiles != 0)
                vm.Tlb.OfZap(_tiles, _start, _end, _cause);
        }
        finally
        {
            vm.Ranges.EndZap(_rangeTiles);
        }

        if (!vm.IsIdle)
            vm.Call.Done = vm.FenceOfAll();
    }

    /// <summary>MADV-051.</summary>
    private void ZapRanges(VmContext vm, in Vma v)
    {
        vm.Ranges.Gate.Enter();
        for (int range = vm.Ranges.FirstOverlap(v.Start, v.End); range != 0;)
        {
            ref SvmRange r = ref vm.Ranges[range];
            byte valid = (byte)(r.TilePresent & ~r.TileInvalidated);
            if (valid != 0)
            {
                Zap(vm, valid, r.Start, r.End);
                r.TileInvalidated |= valid;
                // Until the flush others must know of it.
                vm.Ranges.Zaps.Begin(valid & ~_rangeTiles);
                _rangeTiles |= valid;
                vm.Counters.RangeInvalidations++;
            }

            range = r.End < v.End ? vm.Ranges.FirstOverlap(r.End, v.End) : 0;
        }

        vm.Ranges.Gate.Exit();
    }

    /// <summary>MADV-052.</summary>
    private void Zap(VmContext vm, ref Vma v)
    {
        byte valid = (byte)(v.TilePresent & ~v.TileInvalidated);
        if (valid == 0)
            return;
        Zap(vm, valid, v.Start, v.End);
        v.TileInvalidated |= valid;
        vm.Counters.ZapInvalidations++;
        _cause = TlbInvalidationCause.Zap;
    }

    private void Zap(VmContext vm, byte tiles, ulong start, ulong end)
    {
        for (int tile = 0; tile < vm.Tables.Length; tile++)
        {
            if ((tiles & (1 << tile)) != 0)
                ZapWalk.Run(vm.Tables[tile], start, end);
        }

        _tiles |= tiles;
        _start = Math.Min(_start, start);
        _end = Math.Max(_end, end);
    }
}
