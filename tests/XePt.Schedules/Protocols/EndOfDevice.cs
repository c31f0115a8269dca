using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A device ends while a TLB owes the acknowledgement of a closed VM and a reader is pinned. Table memory goes once, when both
/// have gone, whoever is last.</summary>
/// <remarks>All but the last step is production code, which mirrors <c>XeDevice.FreeMemory</c> and <c>FreeTables</c>. Pins reach memory at
/// once, as in <see cref="WaitForReaders"/>.</remarks>
public sealed unsafe class EndOfDevice : Protocol
{
    private readonly TableWorld _world = new(isLinked: true);
    private readonly FenceTimeline _acknowledgement = new("acknowledged");
    private readonly ClosedVms _closed;
    private readonly long* _pin;
    private bool _hasAcknowledged, _hasLeft;
    private int _claimed, _freed;

    /// <param name="isOwed">A TLB owes an acknowledgement.</param>
    /// <param name="isPinned">There is a reader.</param>
    public EndOfDevice(bool isOwed, bool isPinned)
    {
        _closed = new ClosedVms(_world.Epochs, _world.Gate);
        _hasAcknowledged = !isOwed;
        _hasLeft = !isPinned;
        if (isPinned)
            _pin = _world.Epochs.Enter();
        var left = new ClosedTables(_closed, isOwed ? [_acknowledgement.Next()] : []);
        _world.Tables.Close(left);
        _closed.Add(left);
        if (isOwed && isPinned)
            End();
    }

    /// <summary>Two at a time; when there are both, the device has ended before.</summary>
    public override IReadOnlyList<Action> Threads =>
        _hasLeft ? [End, Acknowledge] : _hasAcknowledged ? [End, Leave] : [Acknowledge, Leave];

    public override void CheckEnd() => Require(_freed == 1, $"table memory freed {_freed} times");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void End()
    {
        _closed.End(FreeTables);
        _world.Epochs.TellEnd(FreeTables);
    }

    private void Acknowledge()
    {
        _hasAcknowledged = true;
        _acknowledgement.At(1).TrySignal();
    }

    private void Leave()
    {
        _hasLeft = true;
        _world.Epochs.Exit(_pin);
    }

    private void FreeTables()
    {
        if (_world.Epochs.HasReaders || _closed.IsOwed || Interlocked.Exchange(ref _claimed, 1) != 0)
            return;
        Require(_hasAcknowledged && _hasLeft, "nobody is in table memory that goes");
        _freed++;
    }
}
