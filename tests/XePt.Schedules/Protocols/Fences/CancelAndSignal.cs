using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A callback is taken back while its fence is signalled: it fires or was taken back, and its list gives it up exactly
/// once.</summary>
public sealed class CancelAndSignal : Protocol
{
    private readonly Fence _fence = new FenceTimeline("line").Next();
    private readonly CountingCallback _callback = new();
    private bool _isTaken;
    private bool _isCancelled;

    public override IReadOnlyList<Action> Threads => [AddThenCancel, () => _fence.TrySignal()];

    public override void CheckEnd()
    {
        Require(_callback.Fired == (_isTaken && !_isCancelled ? 1 : 0),
            $"fired {_callback.Fired} times, taken {_isTaken}, cancelled {_isCancelled}");
        Require(_callback.Dropped == (_isCancelled ? 1 : 0), $"dropped {_callback.Dropped} times, cancelled {_isCancelled}");
    }

    private void AddThenCancel()
    {
        _isTaken = _fence.TryAdd(_callback);
        _isCancelled = _isTaken && _callback.TryCancel();
    }
}
