using XePt.Memory;

namespace XePt.Epochs;

/// <summary>What the VMs of a device share about the tables of one tile: the pages, when they may be reused, and what closed VMs left behind.</summary>
internal sealed class TableStore(PageTablePool pool, EpochDomain epochs)
{
    public PageTablePool Pool { get; } = pool;

    public EpochDomain Epochs { get; } = epochs;

    public OrphanedTables Orphans { get; } = new(pool, epochs);

    /// <summary>Frees what closed VMs left behind and no reader can see any more; for who has no cache. Any thread.</summary>
    public void FreeOrphans(AllocationGate gate)
    {
        if (Orphans.IsEmpty)
            return;
        PageCache cache = Pool.OpenCache(gate);
        Orphans.Reclaim(cache);
        cache.Close();
    }
}
