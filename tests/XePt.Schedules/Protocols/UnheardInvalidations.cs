using XePt.Schedules.Exploring;
using XePt.Tlb;

namespace XePt.Schedules.Protocols;

/// <summary>Two threads invalidate a GT that nobody keeps translations of. All invalidations are complete in the
/// end, although nobody acknowledges and no later one pushes them on.</summary>
public sealed class UnheardInvalidations : Protocol
{
    private readonly TlbHub _hub = new(TableWorld.Platform, new VirtualClock());
    private readonly Fence[] _fences = new Fence[2];
    private readonly TlbVm _vm;

    /// <param name="isWatched">Somebody watches, so that they go through the slots all the same.</param>
    public UnheardInvalidations(bool isWatched)
    {
        _hub.TryOpen(out _vm);
        if (isWatched)
            _hub.Watch();
    }

    public override IReadOnlyList<Action> Threads => [() => Issue(0), () => Issue(1)];

    public override void CheckEnd()
    {
        Require(Array.TrueForAll(_fences, fence => fence.IsSignalled), "an invalidation that nobody hears is complete");
        Require((_hub.Issued(0), _hub.Acknowledged(0)) == (2, 2), "each invalidation has a number of its own");
    }

    private void Issue(int i) => _fences[i] = _hub.Invalidate(0, new TlbRequest(_vm, 0, TableWorld.PageBytes, TlbInvalidationCause.Zap));
}
