using XePt.Memory;

namespace XePt;

/// <summary>Receives the page tables of a VM, parents before children, by rising address.</summary>
public interface ITableVisitor
{
    /// <summary>One table. The view is valid during the call only.</summary>
    void Visit(in TableView table);
}

/// <summary>One page table as it is now.</summary>
public readonly unsafe ref struct TableView
{
    private readonly int* _children;

    internal TableView(PageTablePool pool, int page, ulong va)
    {
        ref TablePage info = ref pool.Page(page);
        _children = info.Children;
        (Va, Level, IsCompact, Live, DeviceAddress) = (va, info.Level, info.IsCompact, info.Live, pool.DeviceAddress(page));
        // SAFETY: a compact table uses 32 entries, any other 512; the page stays rented while the visit runs.
        Entries = new ReadOnlySpan<ulong>(pool.Entries(page), info.IsCompact ? PageSizes.CompactEntries : PageTablePool.EntriesPerTable);
    }

    /// <summary>First address the table covers.</summary>
    public ulong Va { get; }

    /// <summary>Level; 0 is the last.</summary>
    public int Level { get; }

    /// <summary>A level-0 table of 64 KiB entries (PT-004).</summary>
    public bool IsCompact { get; }

    /// <summary>Live entries (PT-059), counted as the reference counts them.</summary>
    public int Live { get; }

    /// <summary>Where the table is in device memory.</summary>
    public ulong DeviceAddress { get; }

    /// <summary>The raw entries: 512, or 32 of a compact table.</summary>
    public ReadOnlySpan<ulong> Entries { get; }

    /// <summary>For example <c>level 1 table at 0x3f002000 for 0x7f0000000000, 3 live</c>.</summary>
    public override string ToString() =>
        $"level {Level} {(IsCompact ? "compact " : "")}table at 0x{DeviceAddress:x} for 0x{Va:x}, {Live} live";

    /// <summary>Whether a child table is attached at an index, also when the entry itself was zapped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The table has no such entry.</exception>
    public bool HasChild(int index)
    {
        if ((uint)index >= (uint)Entries.Length)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"entries of the table are 0 to {Entries.Length - 1}");
        // SAFETY: a directory has a child number for each of its entries.
        return _children != null && _children[index] != 0;
    }
}
