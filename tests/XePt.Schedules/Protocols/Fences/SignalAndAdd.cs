using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>A point is signalled while two threads add callbacks to it. Each callback that was taken fires once; one that was refused
/// never.</summary>
public sealed class SignalAndAdd : Protocol
{
    private readonly Fence _fence = new FenceTimeline("line").Next();
    private readonly CountingCallback[] _callbacks = [new(), new()];
    private readonly bool[] _isTaken = new bool[2];

    public override IReadOnlyList<Action> Threads => [Signal, () => Add(0), () => Add(1)];

    public override void CheckEnd()
    {
        for (int i = 0; i < _callbacks.Length; i++)
        {
            Require(_callbacks[i].Fired == (_isTaken[i] ? 1 : 0), $"callback {i} fired {_callbacks[i].Fired} times, taken: {_isTaken[i]}");
            Require(_callbacks[i].Fired == 0 || _callbacks[i].Error == Errno.EIO, $"callback {i} got {_callbacks[i].Error}");
        }
    }

    private void Signal() => Require(_fence.TrySignal(Errno.EIO), "the only signal won");

    private void Add(int i)
    {
        _isTaken[i] = _fence.TryAdd(_callbacks[i]);
        Require(_isTaken[i] || Quietly(() => _fence.IsSignalled), "only a signalled fence refuses a callback");
    }
}
