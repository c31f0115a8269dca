using XePt.Schedules.Exploring;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>A point is signalled while one or two threads add callbacks to it. Each callback that was taken fires once; one that was
/// refused never. One of a later point may be there already: it waits on, and fires with its own.</summary>
public sealed class SignalAndAdd : Protocol
{
    private readonly Fence _fence, _later;
    private readonly CountingCallback[] _callbacks;
    private readonly CountingCallback _ofLater = new();
    private readonly bool[] _isTaken;
    private readonly bool _hasLater;

    /// <param name="adders">Threads that add.</param>
    /// <param name="hasLater">A callback of a later point is there.</param>
    /// <param name="isSorted">An earlier signal has sorted it, so what is added must be sorted, too.</param>
    public SignalAndAdd(int adders, bool hasLater, bool isSorted)
    {
        (_callbacks, _isTaken) = ([.. Enumerable.Range(0, adders).Select(_ => new CountingCallback())], new bool[adders]);
        var line = new FenceTimeline("line");
        Fence earlier = line.Next();
        (_fence, _later, _hasLater) = (line.Next(), line.Next(), hasLater);
        if (hasLater)
            _later.TryAdd(_ofLater);
        if (isSorted)
            earlier.TrySignal();
    }

    public override IReadOnlyList<Action> Threads =>
        [Signal, .. Enumerable.Range(0, _callbacks.Length).Select(i => (Action)(() => Add(i)))];

    public override void CheckEnd()
    {
        for (int i = 0; i < _callbacks.Length; i++)
        {
            Require(_callbacks[i].Fired == (_isTaken[i] ? 1 : 0), $"callback {i} fired {_callbacks[i].Fired} times, taken: {_isTaken[i]}");
            Require(_callbacks[i].Fired == 0 || _callbacks[i].Error == Errno.EIO, $"callback {i} got {_callbacks[i].Error}");
        }

        Require(_ofLater.Fired == 0, "the callback of the later point fired before it");
        Quietly(() => _later.TrySignal());
        Require(_ofLater.Fired == (_hasLater ? 1 : 0), $"the callback of the later point fired {_ofLater.Fired} times");
    }

    private void Signal() => Require(_fence.TrySignal(Errno.EIO), "the only signal won");

    private void Add(int i)
    {
        _isTaken[i] = _fence.TryAdd(_callbacks[i]);
        Require(_isTaken[i] || Quietly(() => _fence.IsSignalled), "only a signalled fence refuses a callback");
    }
}
