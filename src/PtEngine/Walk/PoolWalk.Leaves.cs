using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt.Walk;

// From leaf to leaf: what is mapped, without what stands for nothing in VMs with scratch pages.
internal readonly unsafe partial struct PoolWalk
{
    /// <summary>Walks the tables for one address inside the VM, to a leaf or to what says that there is none.</summary>
    /// <param name="va">The address.</param>
    /// <param name="empty">Value of an entry without mapping, by level.</param>
    public DecidingEntry FindLeaf(ulong va, ReadOnlySpan<ulong> empty)
    {
        ulong* table = _root;
        bool isCompact = false;
        for (int level = (_rootShift - LeafShift) / PageSizes.IndexBits; ; level--)
        {
            int index = isCompact ? PageSizes.CompactIndexAt(va) : PageSizes.IndexAt(va, level);
            // SAFETY: a table has 512 entries, a compact one 32 that count, and stays in place while the caller's pin lasts.
            ulong entry = Volatile.Read(ref table[index]);
            bool isMapped = (entry & PteFormats.Present) != 0 && entry != empty[level];
            bool isLeaf = level == 0 || (entry & PteFormats.PageSize) != 0;
            ulong* child = isMapped && !isLeaf ? _book.TryResolve(entry & PteFormats.AddressMask) : null;
            if (child == null)
                return new DecidingEntry(table, index, level, isCompact, entry, isMapped && isLeaf);
            isCompact = level == 1 && (entry & PteFormats.Pde64K) != 0;
            table = child;
        }
    }
}

/// <summary>Where a walk for a leaf has ended.</summary>
internal readonly unsafe struct DecidingEntry(ulong* table, int index, int level, bool isCompact, ulong entry, bool isLeaf)
{
    public readonly ulong* Table = table;

    public readonly int Index = index;

    public readonly int Level = level;

    public readonly bool IsCompact = isCompact;

    public readonly ulong Entry = entry;

    /// <summary>It maps something, if only nothing (NULL).</summary>
    public readonly bool IsLeaf = isLeaf;

    /// <summary>Bytes that it covers.</summary>
    public ulong Size => IsCompact ? PageSizes.Size64K : PageSizes.EntrySize(Level);

    /// <summary>The end of what it covers, which holds an address.</summary>
    public ulong EndOf(ulong va) => (va & ~(Size - 1)) + Size;
}
