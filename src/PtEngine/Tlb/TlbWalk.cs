using System.Text;

namespace XePt;

/// <summary>One walk on behalf of a TLB: where it starts and which entries it reads (<see cref="TlbSpace.Walk"/>). The default value starts
/// at the root. Filled in where it lies.</summary>
public unsafe struct TlbWalk
{
    private const int MostLevels = 5;

    /// <summary>Device address of the first table to read; 0 for the root. A model with a cache of directories sets it to the table that it
    /// already knows; a walk from the root fills it in.</summary>
    public ulong Table;

    /// <summary>Level of that table.</summary>
    public int Level;

    /// <summary>It is a compact one (PT-004).</summary>
    public bool IsCompact;

    // SAFETY: a walk reads one entry per level, at most five.
    private fixed ulong _entries[MostLevels];

    /// <summary>Entries read.</summary>
    public int Count { readonly get; private set; }

    /// <summary>The entries read, from <see cref="Level"/> down; the last one decided.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">No entry of this index was read.</exception>
    public readonly ulong Entry(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _entries[index];
    }

    /// <summary>The table it starts at and the entries read.</summary>
    public override readonly string ToString()
    {
        var text = new StringBuilder(Table == 0 ? "from the root:" : $"from 0x{Table:x} at level {Level}:");
        for (int i = 0; i < Count; i++)
            text.Append($" 0x{_entries[i]:x}");
        return text.ToString();
    }

    /// <summary>Notes an entry.</summary>
    internal void Note(ulong entry) => _entries[Count++] = entry;
}
