using XePt.Host;
using XePt.Uapi;

namespace XePt.Native;

// Who hears of changes, and the changes.
internal sealed partial class LiveProcess
{
    private readonly List<ulong> _dropped = [];

    /// <inheritdoc/>
    public Errno Subscribe(CpuSubscription subscription, AddressRange range)
    {
        _gate.Enter();
        _subscribers.Add(subscription, range);
        Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public void Unsubscribe(CpuSubscription subscription) => SubscriptionWaits.Unsubscribe(this, subscription);

    /// <inheritdoc/>
    public bool TryUnsubscribe(CpuSubscription subscription)
    {
        _gate.Enter();
        bool isRemoved = _subscribers.TryRemove(subscription);
        Exit();
        return isRemoved;
    }

    /// <inheritdoc/>
    public ulong ReadBegin(CpuSubscription subscription) => SubscriptionWaits.ReadBegin(this, subscription);

    /// <inheritdoc/>
    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        _gate.Enter();
        bool isQuiet = SubscriptionBook.TryReadBegin(subscription, out sequence);
        Exit();
        return isQuiet;
    }

    /// <inheritdoc/>
    public bool ReadRetry(CpuSubscription subscription, ulong sequence) => SubscriptionBook.ReadRetry(subscription, sequence);

    /// <summary>The program is about to change pages: when this returns, no device reaches what the change takes away. Inside no
    /// VM.</summary>
    /// <returns>The change, to be ended on this thread when the system has carried it out, or refused it.</returns>
    public ChangeInFlight Begin(CpuChangeKind kind, AddressRange range)
    {
        _gate.Enter();
        ChangeInFlight change = _subscribers.Begin(kind, range.Start, range.End);
        Exit();
        _subscribers.Tell(change);
        return change;
    }

    /// <summary>The system has changed the pages.</summary>
    public void End(ChangeInFlight change)
    {
        _gate.Enter();
        if (change.Kind is CpuChangeKind.Unmap or CpuChangeKind.Clear)
            DropPages(change.Range);
        _subscribers.End(change);
        Exit();
    }

    /// <summary>A device ends: pages that live in its memory live there no more.</summary>
    /// <param name="store">Its memory.</param>
    public void Forget(RegionStore store)
    {
        foreach (AddressRange range in store.Live.Places())
            End(Begin(CpuChangeKind.Clear, range));
    }

    /// <summary>A change that the engine causes itself, inside the gate, which is left meanwhile.</summary>
    private ChangeInFlight Announce(CpuChangeKind kind, ulong start, ulong end)
    {
        ChangeInFlight change = _subscribers.Begin(kind, start, end);
        Exit();
        _subscribers.Tell(change);
        _gate.Enter();
        return change;
    }

    private void DropPages(AddressRange range)
    {
        _pages.Find(range, _dropped);
        foreach (ulong address in _dropped)
            Replace(address, default);
    }
}
