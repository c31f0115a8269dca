using XePt.Memory;

namespace XePt.Walk;

/// <summary>The table memory of one tile, for walkers of any kind.</summary>
internal readonly unsafe struct PoolMemory(PageTablePool pool) : IGpuMemory
{
    public bool TryReadEntry(ulong deviceAddress, out ulong entry)
    {
        if (deviceAddress % sizeof(ulong) != 0)
            throw new ArgumentException($"0x{deviceAddress:x} is not the address of an entry: entries have 8 bytes", nameof(deviceAddress));
        // SAFETY: the address is that of an entry; what the book finds lives as long as the device.
        ulong* found = pool.Book.TryResolve(deviceAddress);
        entry = found == null ? 0 : Volatile.Read(ref *found);
        return found != null;
    }

    /// <summary>For example <c>page tables, 0x10000 bytes held</c>.</summary>
    public override string ToString() => $"page tables, 0x{pool.HeldBytes:x} bytes held";
}
