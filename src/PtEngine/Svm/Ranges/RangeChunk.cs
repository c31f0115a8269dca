using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;

namespace XePt.Svm;

/// <summary>Chooses how large a new range is (SVM-060 to SVM-063).</summary>
internal static class RangeChunk
{
    private static ReadOnlySpan<int> Shifts => [21, 16, 12];

    /// <summary>The largest chunk around an address that fits; false when none does.</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="request">What it is for.</param>
    /// <param name="notifier">The notifier it must be inside of.</param>
    /// <param name="vma">The CPU's mapping it must be inside of.</param>
    /// <param name="free">What no range is in; the address is.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">Where it ends.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryChoose(
        MirrorSpace space, in RangeRequest request, SvmNotifier notifier, in CpuVma vma, AddressRange free, out ulong start,
        out ulong end)
    {
        ulong low = Math.Max(Math.Max(vma.Range.Start, notifier.From), request.VmaStart);
        ulong high = Math.Min(Math.Min(vma.Range.End, notifier.To), request.VmaEnd);
        (start, end) = (0, 0);
        foreach (int shift in Shifts)
        {
            start = request.Address >> shift << shift;
            end = start + (1UL << shift);
            if (start < low || end > high)
                continue;
            if (shift == 12)
                return true;
            bool mayBeAbsent = end - start > request.PresenceLimit;
            if (free.Start <= start && end <= free.End && (mayBeAbsent || IsPresent(space, start, end, request.Owner)))
                return true;
        }

        return false;
    }

    private static bool IsPresent(MirrorSpace space, ulong start, ulong end, object? owner)
    {
        space.Host.Snapshot(new AddressRange(start, end), owner, space.Pages);
        return space.Pages.PresentPages == (long)((end - start) >> 12);
    }
}
