using XePt.Walk;

namespace XePt.Tlb;

/// <summary>One walk on behalf of a TLB: where it starts and which entries it read.</summary>
internal unsafe struct TlbWalk
{
    private const int MostLevels = 5;

    /// <summary>Device address of the first table to read; 0 for the root.</summary>
    public ulong Table;

    /// <summary>Level of that table.</summary>
    public int Level;

    /// <summary>It is a compact one.</summary>
    public bool IsCompact;

    /// <summary>Entries read.</summary>
    public int Count;

    // SAFETY: a walk reads one entry per level, at most five.
    private fixed ulong _entries[MostLevels];

    /// <summary>The entries read, from <see cref="Level"/> down; the last one decided.</summary>
    public readonly ulong Entry(int index) => _entries[index];

    /// <summary>Notes an entry.</summary>
    public void Note(ulong entry) => _entries[Count++] = entry;
}

/// <summary>Table memory that notes for a walk what is read from it.</summary>
// SAFETY: the walk outlives the memory: both live on the stack of TlbSpace.Walk's implementation and its caller.
internal readonly unsafe struct TracedMemory(PoolMemory memory, TlbWalk* walk) : IGpuMemory
{
    public bool TryReadEntry(ulong deviceAddress, out ulong entry)
    {
        bool isRead = memory.TryReadEntry(deviceAddress, out entry);
        walk->Note(entry);
        return isRead;
    }
}
