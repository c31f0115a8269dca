using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;
using XePt.Tlb;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A VM is closed while a core whose page-walk cache holds the address of its leaf table has not acknowledged, or while a walker is in it;
/// then another VM takes more pages than it had. Nobody meets the next owner, and in the end all tables are free although nobody
/// calls again.
/// </summary>
/// <remarks>All but the page-walk cache and the clearing of the root is production code.</remarks>
public sealed unsafe class CloseAndReuse : Protocol, ITlbClient
{
    private readonly TableWorld _world = new(isLinked: true);
    private readonly ClosedVms _closed;
    private readonly TlbRegistration? _place;
    private readonly ulong* _cached;
    private readonly long* _pin;
    private ulong _asked;

    /// <param name="hasCore">A core has yet to acknowledge.</param>
    /// <param name="hasWalker">A walker is in the tables.</param>
    public CloseAndReuse(bool hasCore, bool hasWalker)
    {
        _closed = new ClosedVms(_world.Epochs, _world.Gate);
        _cached = _world.Tables.Pool.Entries(_world.Leaf);
        if (hasCore)
            _place = _world.Hub.Register(0, this);
        if (hasWalker)
            _pin = _world.Epochs.Enter();
    }

    public override IReadOnlyList<Action> Threads =>
        [Close, .. _place is null ? Array.Empty<Action>() : [Core], .. _pin == null ? Array.Empty<Action>() : [Walk]];

    public void Invalidate(in TlbInvalidation invalidation) => Volatile.Write(ref _asked, invalidation.Seqno);

    public override void CheckEnd() => Require(_closed.Pending == 0, $"{_closed.Pending} tables wait");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Close()
    {
        _world.Close(_closed);
        _world.ReuseClosed();
    }

    /// <summary>An access, unless an invalidation has arrived; then the acknowledgement.</summary>
    private void Core()
    {
        if (Volatile.Read(ref _asked) == 0)
            Look();
        _place!.Acknowledge(Await.Change(ref _asked, 0));
    }

    private void Walk()
    {
        Look();
        _world.Epochs.Exit(_pin);
    }

    private void Look()
    {
        ulong* table = _cached;
        int page = TableWorld.PageIn(Volatile.Read(ref table[0]));
        Require(page == TableWorld.OldPage, $"the leaf table belongs to its next owner: page {page}");
    }
}
