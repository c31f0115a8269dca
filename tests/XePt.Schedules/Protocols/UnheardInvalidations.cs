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

    public UnheardInvalidations() => _hub.TryOpen(out _vm);

    public override IReadOnlyList<Action> Threads => [() => Issue(0), () => Issue(1)];

    public override void CheckEnd() => Require(Array.TrueForAll(_fences, fence => fence.IsSignalled), "an invalidation that nobody hears is complete");

    private void Issue(int i) => _fences[i] = _hub.Invalidate(0, new TlbRequest(_vm, 0, TableWorld.PageBytes, TlbInvalidationCause.Zap));
}
