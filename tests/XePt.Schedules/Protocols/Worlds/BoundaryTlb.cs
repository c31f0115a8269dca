using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A TLB of one entry that belongs to one thread, as a simulated core has it: an invalidation that arrives is noted, and the core
/// acknowledges it between two accesses, when it has dropped its translation and uses none.
/// </summary>
/// <param name="world">The tables.</param>
/// <param name="insertsLate">Plants a bug: the core also acknowledges between a walk and the insertion of what it found.</param>
internal sealed class BoundaryTlb(TableWorld world, bool insertsLate) : ITlbClient
{
    private TlbRegistration? _place;
    private ulong _asked;
    private ulong _acknowledged;
    private int _page;

    public void Join() => _place = world.Hub.Register(0, this);

    public void Leave() => _place!.Dispose();

    public void Invalidate(in TlbInvalidation invalidation) => Volatile.Write(ref _asked, invalidation.Seqno);

    /// <summary>The core's next access.</summary>
    /// <returns>The page used, or <see cref="TableWorld.NoPage"/> for a fault.</returns>
    public int Access(PageOwners owners)
    {
        AcknowledgeAsked();
        if (_page == TableWorld.NoPage)
        {
            int found = world.Walk();
            if (insertsLate)
                AcknowledgeAsked();
            _page = found;
        }

        if (_page != TableWorld.NoPage)
            owners.Use(_page);
        return _page;
    }

    private void AcknowledgeAsked()
    {
        ulong asked = Volatile.Read(ref _asked);
        if (asked == _acknowledged)
            return;
        _page = TableWorld.NoPage;
        _acknowledged = asked;
        _place!.Acknowledge(asked);
    }
}
