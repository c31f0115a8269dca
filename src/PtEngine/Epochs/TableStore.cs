using XePt.Memory;

namespace XePt.Epochs;

/// <summary>What the VMs of a device share about the tables of one tile: the pages, when they may be reused, and what closed VMs left
/// behind.</summary>
internal sealed class TableStore(PageTablePool pool, EpochDomain epochs)
{
    public PageTablePool Pool { get; } = pool;

    public EpochDomain Epochs { get; } = epochs;

    public OrphanedTables Orphans { get; } = new(pool, epochs);

    /// <summary>Frees the orphans when readers have left.</summary>
    public ReaderWait? Wait { get; init; }

    /// <summary>A closed VM leaves tables behind, which go when readers have left.</summary>
    public void AddOrphans(int first, int last, int count)
    {
        Orphans.Add(first, last, count);
        AwaitReaders();
    }

    /// <summary>Frees what closed VMs left behind and no reader can see any more, and waits for the readers of the rest. Any
    /// thread.</summary>
    public void FreeOrphans(AllocationGate gate)
    {
        if (Orphans.IsEmpty)
            return;
        PageCache cache = Pool.OpenCache(gate);
        Orphans.Reclaim(cache);
        cache.Close();
        AwaitReaders();
    }

    private void AwaitReaders()
    {
        if (Wait is not null && !Orphans.IsEmpty)
            Epochs.TellWhenReadersLeave(Wait);
    }
}
