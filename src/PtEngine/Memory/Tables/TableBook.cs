using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>Where the slabs of a page-table window are: what a reader needs to get from a device address to memory.</summary>
internal readonly unsafe struct TableBook(ulong deviceBase, int slabCount, byte** slabs)
{
    private const int SlabShift = 21;
    private const ulong SlabMask = (1UL << SlabShift) - 1;

    private readonly ulong _deviceBase = deviceBase;
    private readonly ulong _slabCount = (ulong)slabCount;
    private readonly byte** _slabs = slabs;

    /// <summary>Finds the memory at a device address, which is that of an entry or of a table. Safe on any thread.</summary>
    /// <returns>The entry, or null when the address is not one of a slab that has memory.</returns>
    public ulong* TryResolve(ulong deviceAddress)
    {
        // SAFETY: the slab holds the address, and its memory lives as long as the device.
        return TryFind(deviceAddress, out TableSlab slab) ? (ulong*)(slab.Memory + (nint)(deviceAddress - slab.Start)) : null;
    }

    /// <summary>The same for who needs the address only; 0 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Find(ulong deviceAddress)
    {
        ulong offset = deviceAddress - _deviceBase;
        if (offset >> SlabShift >= _slabCount)
            return 0;
        // SAFETY: as in TryFind.
        nint slab = Volatile.Read(ref *(nint*)&_slabs[offset >> SlabShift]);
        return slab != 0 ? slab + (nint)(offset & SlabMask) : 0;
    }

    /// <summary>Finds the slab that holds a device address.</summary>
    /// <returns>False when it is not one of a slab that has memory.</returns>
    public bool TryFind(ulong deviceAddress, out TableSlab slab)
    {
        ulong offset = deviceAddress - _deviceBase;
        slab = default;
        ulong number = offset >> SlabShift;
        if (number >= _slabCount)
            return false;

        // SAFETY: number is inside the book; the volatile read pairs with the publication of the slab.
        byte* memory = (byte*)Volatile.Read(ref *(nint*)&_slabs[number]);
        if (memory == null)
            return false;
        slab = new TableSlab(deviceAddress - (offset & SlabMask), (nint)memory);
        return true;
    }
}

/// <summary>One slab of table memory, as a walker keeps it at hand: the next table is often in the same slab.</summary>
/// <param name="Start">Device address of its first byte.</param>
/// <param name="Memory">Its first byte.</param>
internal readonly unsafe record struct TableSlab(ulong Start, nint Memory)
{
    public const int Pages = 512;
}
