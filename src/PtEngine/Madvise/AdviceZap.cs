using XePt.Fences;
using XePt.Gpuva;
using XePt.Pipeline;

namespace XePt.Madvise;

/// <summary>Takes entries away whose VMAs have got other attributes (specification 04 section 13.5). Pages stay where they are.</summary>
/// <remarks>The driver waits for everything in flight before it zaps. Ranges need not: nothing in flight writes their entries
/// (<see cref="Svm.RangeInvalidation"/>). The zap of another VMA is put off instead, and everything that comes later waits for it. In a VM
/// that is not in fault mode nothing brings the entries back until somebody binds the VMA anew (MADV-055, Q12).</remarks>
internal struct AdviceZap(VmContext vm, ulong start, ulong end)
{
    private ImmediateZap _zap = new(vm, start, end);
    private TlbInvalidationCause _cause = TlbInvalidationCause.Range;

    /// <summary>Takes away the entries of a VMA.</summary>
    public void Add(int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (v.IsNull)
            return;
        if (v.IsMirror)
            TakeRanges(v);
        else if (vm.Jobs.Reservation.IsIdle(FenceUsage.Bookkeep))
            Take(ref v);
        else
            VmaInvalidate.Submit(vm, vma);
    }

    /// <summary>One invalidation for everything (MADV-053), of the advice and of what was zapped beyond it (Q10).</summary>
    public readonly void Flush()
    {
        _zap.Flush(_cause);
        if (!vm.IsIdle)
            vm.Call.Done = vm.FenceOfAll();
    }

    /// <summary>MADV-051.</summary>
    private void TakeRanges(in Vma v)
    {
        vm.Ranges.Gate.Enter();
        for (int range = vm.Ranges.FirstOverlap(v.Start, v.End); range != 0;)
        {
            ref SvmRange r = ref vm.Ranges[range];
            if (r.ValidTiles != 0)
            {
                _zap.Take(r.ValidTiles, r.Start, r.End);
                r.TileInvalidated |= r.ValidTiles;
                vm.Counters.RangeInvalidations++;
            }

            range = r.End < v.End ? vm.Ranges.FirstOverlap(r.End, v.End) : 0;
        }

        _zap.Announce();
        vm.Ranges.Gate.Exit();
    }

    /// <summary>MADV-052.</summary>
    private void Take(ref Vma v)
    {
        if (v.ValidTiles == 0)
            return;
        _zap.Take(v.ValidTiles, v.Start, v.End);
        v.TileInvalidated |= v.ValidTiles;
        vm.Counters.ZapInvalidations++;
        _cause = TlbInvalidationCause.Zap;
    }
}
