using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A core that accesses memory through the engine's own TLB model, small enough to be explored.</summary>
internal sealed class Core : IDisposable
{
    private readonly TableWorld _world;
    private readonly ReferenceTlb _tlb;
    private readonly TlbUnit _unit;

    public Core(TableWorld world, bool hasWalkCache = false)
    {
        _world = world;
        var tiny = new TlbGeometry(1, 1);
        var options = new ReferenceTlbOptions
        {
            Pages4K = tiny,
            Pages64K = tiny,
            Pages2M = tiny,
            Pages1G = tiny,
            WalkCache = hasWalkCache ? tiny : null
        };
        _tlb = new ReferenceTlb(world.Hub, 0, options);
        _unit = _tlb.OpenUnit("core");
    }

    /// <summary>An access.</summary>
    /// <returns>The page used, or <see cref="TableWorld.NoPage"/> for a fault.</returns>
    public int Access(PageOwners owners)
    {
        using TlbUnit.Access access = _unit.Begin();
        int page = TableWorld.PageIn(access.Translate(_world.ForTlb, TableWorld.Va));
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
