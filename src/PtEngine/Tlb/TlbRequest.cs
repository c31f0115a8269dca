using System.Runtime.CompilerServices;

namespace XePt.Tlb;

/// <summary>An invalidation as it is asked for.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="Cause">Why.</param>
internal readonly record struct TlbRequest(TlbVm Vm, ulong Start, ulong End, TlbInvalidationCause Cause)
{
    /// <summary>The pages whose lines are to leave the caches of physical memory, or null: all lines.</summary>
    public ReclaimList? Reclaim { get; init; }

    /// <summary>What a message can name for it. Tile updates give their inclusive last address as the end, direct invalidations the
    /// exclusive end (PT-179).</summary>
    public TlbInvalidationRange Shape(bool hasRanges) => Shape(Start, End, Cause, hasRanges);

    /// <summary>The same of its parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TlbInvalidationRange Shape(ulong start, ulong end, TlbInvalidationCause cause, bool hasRanges) =>
        TlbInvalidationRange.Covering(start, cause == TlbInvalidationCause.Bind ? end - 1 : end, hasRanges);
}
