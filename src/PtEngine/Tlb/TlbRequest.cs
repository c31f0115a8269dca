namespace XePt.Tlb;

/// <summary>An invalidation as it is asked for.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="Cause">Why.</param>
internal readonly record struct TlbRequest(TlbVm Vm, ulong Start, ulong End, TlbInvalidationCause Cause)
{
    /// <summary>What a message can name for it. Tile updates give their inclusive last address as the end, direct invalidations the exclusive
    /// end (PT-179).</summary>
    public TlbInvalidationRange Shape(bool hasRanges) =>
        TlbInvalidationRange.Covering(Start, Cause == TlbInvalidationCause.Bind ? End - 1 : End, hasRanges);
}
