using XePt.Schedules.Exploring;
using XePt.Tlb;

namespace XePt.Schedules.Protocols;

/// <summary>A client joins a GT and leaves it again while another thread invalidates. The invalidation has a number and is complete in the
/// end, and nobody has to be told any more.</summary>
public sealed class ComeAndGo : Protocol, ITlbClient
{
    private readonly TlbHub _hub = new(TableWorld.Platform, new VirtualClock());
    private readonly TlbVm _vm;
    private Fence _fence;

    public ComeAndGo() => _hub.TryOpen(out _vm);

    public override IReadOnlyList<Action> Threads => [Issue, Visit];

    public void Invalidate(in TlbInvalidation invalidation) => invalidation.Acknowledge();

    public override void CheckEnd()
    {
        Require(_fence.IsSignalled, "an invalidation is complete when the client has left");
        Require((_hub.Issued(0), _hub.Acknowledged(0)) == (1, 1), "no number is lost");
        Require(!_hub.Port(0).IsHeard, "nobody has to be told");
    }

    private void Issue() => _fence = _hub.Invalidate(0, new TlbRequest(_vm, 0, TableWorld.PageBytes, TlbInvalidationCause.Zap));

    private void Visit() => _hub.Register(0, this).Dispose();
}
