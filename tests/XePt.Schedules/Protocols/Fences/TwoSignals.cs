using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// Two threads signal two points of a line, one after the other, while a third adds a callback to one of them. A point signals once, with
/// its own error or, when the later one overtook it, without; the callback fires once, with the error that the point has.
/// </summary>
public sealed class TwoSignals : Protocol
{
    private readonly FenceTimeline _line = new("line");
    private readonly CountingCallback _callback = new();
    private readonly Fence _first, _second;
    private readonly bool _isOfFirst;
    private bool _isTaken;
    private bool _firstWon;

    /// <param name="point">1 or 2: the point that gets the callback.</param>
    /// <param name="isSorted">One of a later point waits already, so what is added must be sorted.</param>
    public TwoSignals(int point, bool isSorted)
    {
        Fence earlier = _line.Next();
        (_first, _second, _isOfFirst) = (_line.Next(), _line.Next(), point == 1);
        if (isSorted)
        {
            _line.Next().TryAdd(new CountingCallback());
            earlier.TrySignal();
        }
    }

    public override IReadOnlyList<Action> Threads =>
    [
        () => _firstWon = _first.TrySignal(Errno.EIO),
        () => Require(_second.TrySignal(), "the later point wins"),
        () => _isTaken = (_isOfFirst ? _first : _second).TryAdd(_callback),
    ];

    public override void CheckEnd()
    {
        Errno first = _firstWon ? Errno.EIO : Errno.Ok;
        Require(_first.Error == first, $"the first point has {_first.Error}, its signal won: {_firstWon}");
        Require(_callback.Fired == (_isTaken ? 1 : 0), $"the callback fired {_callback.Fired} times, taken: {_isTaken}");
        Require(!_isTaken || _callback.Error == (_isOfFirst ? first : Errno.Ok), $"the callback got {_callback.Error}");
    }
}
