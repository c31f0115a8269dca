using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A core that accesses memory through the engine's own TLB model, small enough to be explored.</summary>
internal sealed class Core : IDisposable
{
    private readonly TlbSpace _space;
    private readonly ulong _va;
    private readonly Func<Translation, int> _numberOf;
    private readonly ReferenceTlb _tlb;
    private readonly TlbUnit _unit;

    public Core(TableWorld world, bool hasWalkCache = false)
        : this(world.Hub, world.ForTlb, TableWorld.Va, TableWorld.PageIn, hasWalkCache)
    {
    }

    public Core(MirrorWorld world)
        : this(world.Hub, world.ForTlb, MirrorWorld.Va, world.NumberOf, hasWalkCache: false)
    {
    }

    private Core(TlbHub hub, TlbSpace space, ulong va, Func<Translation, int> numberOf, bool hasWalkCache)
    {
        (_space, _va, _numberOf) = (space, va, numberOf);
        var tiny = new TlbGeometry(1, 1);
        var options = new ReferenceTlbOptions
        {
            Pages4K = tiny,
            Pages64K = tiny,
            Pages2M = tiny,
            Pages1G = tiny,
            WalkCache = hasWalkCache ? tiny : null
        };
        _tlb = new ReferenceTlb(hub, 0, options);
        _unit = _tlb.OpenUnit("core");
    }

    /// <summary>An access.</summary>
    /// <returns>The page used, or <see cref="TableWorld.NoPage"/> for a fault.</returns>
    public int Access(PageOwners owners)
    {
        using TlbUnit.Access access = _unit.Begin();
        int page = _numberOf(access.Translate(_space, _va));
        if (page != TableWorld.NoPage)
            owners.Use(page);
        return page;
    }

    public void Dispose()
    {
        _unit.Dispose();
        _tlb.Dispose();
    }
}
