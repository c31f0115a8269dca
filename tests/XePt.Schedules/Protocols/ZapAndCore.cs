using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A mapping is zapped and flushed, and its page released, while a core makes two accesses. The core acknowledges between accesses. The
/// wait for the acknowledgement may time out; then the page is released after the real one.
/// </summary>
public sealed class ZapAndCore : Protocol
{
    private readonly PageOwners _owners = new();
    private readonly TableWorld _world = new(isLinked: true);
    private readonly BoundaryTlb _tlb;
    private readonly bool _waitsForReal;
    private readonly bool _joinsLate;

    /// <param name="hasTimeout">The wait for the flush may time out.</param>
    /// <param name="waitsForReal">The page also waits for the real acknowledgement; without, a time-out is a bug.</param>
    /// <param name="insertsLate">Plants a bug in the TLB: it acknowledges between walk and insertion.</param>
    /// <param name="joinsLate">Nobody hears of invalidations at first; the core joins while the zap goes on.</param>
    public ZapAndCore(bool hasTimeout, bool waitsForReal, bool insertsLate, bool joinsLate = false)
    {
        (_waitsForReal, _joinsLate) = (waitsForReal, joinsLate);
        if (hasTimeout)
            _world.Hub.WaitLimit = TimeSpan.FromSeconds(1);
        _tlb = new BoundaryTlb(_world, insertsLate);
        if (!joinsLate)
            _tlb.Join();
    }

    public override IReadOnlyList<Action> Threads => [Zap, Run];

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _world.Dispose();
    }

    private void Zap()
    {
        _world.Zap();
        if (_waitsForReal)
            Await.Signal(_world.Hub.AcknowledgedFence(0, _world.Hub.Issued(0)));
        _owners.Release(TableWorld.OldPage);
    }

    private void Run()
    {
        if (_joinsLate)
            _tlb.Join();
        _tlb.Access(_owners);
        _tlb.Access(_owners);
        _tlb.Leave();
    }
}
