using XePt.Memory;

namespace XePt.Epochs;

/// <summary>What the VMs of a device share about the tables of one tile: the pages, when they may be reused, and what closed VMs left behind.</summary>
internal sealed class TableStore(PageTablePool pool, EpochDomain epochs)
{
    public PageTablePool Pool { get; } = pool;

    public EpochDomain Epochs { get; } = epochs;

    public OrphanedTables Orphans { get; } = new(pool, epochs);
}
