namespace XePt;

/// <summary>Something that keeps translations of a GT: a TLB model, a page-walk cache, a simulator's shader cores.</summary>
public interface ITlbClient
{
    /// <summary>
    /// Drops translations. Acknowledge by <see cref="TlbInvalidation.Acknowledge"/>, inside this call or later from any thread, once no
    /// access that used an older translation is still in progress and none can begin.
    /// </summary>
    /// <remarks>
    /// Called in the order of <see cref="TlbInvalidation.Seqno"/>, one call at a time per GT, on whichever thread issued one of the
    /// invalidations. Be short, do not throw, do not change any VM from here. Where <see cref="TlbInvalidation.IsSynchronous"/> is set, a
    /// thread of the engine's caller is blocked until the acknowledgement.
    /// </remarks>
    void Invalidate(in TlbInvalidation invalidation);
}
