using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Tlb;

/// <summary>
/// The interval <c>[Start, Start + Length)</c> that a TLB invalidation message can name for a wanted one: a power of two, aligned to
/// itself (PT-181).
/// </summary>
/// <param name="Start">First address, aligned to <paramref name="Length"/>.</param>
/// <param name="Length">
/// Bytes: a power of two from 4 KiB on, but not 2, 4 or 8 MiB; 0 when only a full invalidation will do (PT-180).
/// </param>
internal readonly record struct TlbInvalidationRange(ulong Start, ulong Length)
{
    private const ulong Largest = 1UL << 63;
    private const ulong Size16M = 1UL << 24;

    /// <summary>Everything is invalidated; there is no interval.</summary>
    public bool IsFull => Length == 0;

    /// <summary>Last word of the ranged message: log2 of the length in pages (PT-182).</summary>
    public uint SizeWord => (uint)BitOperations.Log2(Length) - 12;

    /// <summary>The interval to name so that <c>[start, end)</c> is covered.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">The end as the caller has it: exclusive, or the inclusive last address of a tile update (PT-179).</param>
    /// <param name="hasRanges">The device can invalidate ranges.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TlbInvalidationRange Covering(ulong start, ulong end, bool hasRanges)
    {
        bool isPage = hasRanges && end - start <= PageSizes.Size4K && start % PageSizes.Size4K == 0;
        return isPage ? new TlbInvalidationRange(start, PageSizes.Size4K) : CoveringPages(start, end, hasRanges);
    }

    private static TlbInvalidationRange CoveringPages(ulong start, ulong end, bool hasRanges)
    {
        ulong wanted = Math.Max(end - start, PageSizes.Size4K);
        if (!hasRanges || wanted > Largest)
            return default;

        ulong length = BitOperations.RoundUpToPowerOf2(wanted);
        ulong coveredEnd = (end + length - 1) & ~(length - 1);
        ulong from = start & ~(length - 1);
        while (from + length < coveredEnd)
        {
            length <<= 1;
            from = start & ~(length - 1);
        }

        if (length >= PageSizes.Size2M)
        {
            length = Math.Max(length, Size16M);
            from = start & ~(length - 1);
        }

        return new TlbInvalidationRange(from, length);
    }
}
