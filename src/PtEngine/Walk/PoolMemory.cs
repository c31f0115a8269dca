using XePt.Memory;

namespace XePt.Walk;

/// <summary>The table memory of one tile, for walkers of any kind.</summary>
internal readonly unsafe struct PoolMemory(PageTablePool pool) : IGpuMemory
{
    public bool TryReadEntry(ulong deviceAddress, out ulong entry)
    {
        // SAFETY: the address is made that of an entry; what the book finds lives as long as the device.
        ulong* found = pool.Book.TryResolve(deviceAddress & ~7UL);
        entry = found == null ? 0 : Volatile.Read(ref *found);
        return found != null;
    }
}
