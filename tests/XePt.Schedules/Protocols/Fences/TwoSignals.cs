using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// Two threads signal points 1 and 2 of a line while a third adds a callback to one of them. A point signals once, with its own error or,
/// when the later one overtook it, without; the callback fires once, with the error that the point has.
/// </summary>
public sealed class TwoSignals : Protocol
{
    private readonly FenceTimeline _line = new("line");
    private readonly CountingCallback _callback = new();
    private readonly ulong _point;
    private bool _isTaken;
    private bool _firstWon;

    /// <param name="point">The point that gets the callback.</param>
    public TwoSignals(ulong point)
    {
        _point = point;
        _line.Next();
        _line.Next();
    }

    public override IReadOnlyList<Action> Threads =>
    [
        () => _firstWon = _line.TrySignal(1, Errno.EIO),
        () => Require(_line.TrySignal(2), "the later point wins"),
        () => _isTaken = _line.At(_point).TryAdd(_callback),
    ];

    public override void CheckEnd()
    {
        Errno first = _firstWon ? Errno.EIO : Errno.Ok;
        Require(_line.ErrorOf(1) == first, $"point 1 has {_line.ErrorOf(1)}, its signal won: {_firstWon}");
        Require(_callback.Fired == (_isTaken ? 1 : 0), $"the callback fired {_callback.Fired} times, taken: {_isTaken}");
        Require(!_isTaken || _callback.Error == (_point == 1 ? first : Errno.Ok), $"the callback got {_callback.Error}");
    }
}
