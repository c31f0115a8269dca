using XePt.Memory;

namespace XePt.Walk;

/// <summary>The table memory of one tile, for walkers of any kind.</summary>
internal readonly unsafe struct PoolMemory(PageTablePool pool) : IGpuMemory
{
    public bool TryReadEntry(ulong deviceAddress, out ulong entry)
    {
        ulong* table = pool.TryResolve(deviceAddress);
        // SAFETY: the resolved page has 512 entries and lives as long as the device; the index is masked to it.
        entry = table == null ? 0 : Volatile.Read(ref table[(deviceAddress >> 3) & (PageTablePool.EntriesPerTable - 1)]);
        return table != null;
    }
}
