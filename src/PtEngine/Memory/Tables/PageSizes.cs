namespace XePt.Memory;

/// <summary>Geometry of the tables (PT-001 to PT-004). Sizes are in bytes.</summary>
internal static class PageSizes
{
    public const ulong Size4K = 1UL << 12;
    public const ulong Size64K = 1UL << 16;
    public const ulong Size2M = 1UL << 21;
    public const int CompactShift = 16;

    /// <summary>log2 of the bytes of the smallest page.</summary>
    public const int LeafShift = 12;

    /// <summary>log2 of the entries of a table.</summary>
    public const int IndexBits = 9;

    /// <summary>Picks the index in a table out of a shifted address.</summary>
    public const int IndexMask = (1 << IndexBits) - 1;

    /// <summary>Levels of the deepest tree, counted from the leaves.</summary>
    public const int MostLevels = 5;

    public const int CompactEntries = 32;

    /// <summary>log2 of the bytes one entry of a level covers.</summary>
    public static int EntryShift(int level) => LeafShift + (IndexBits * level);

    /// <summary>Bytes one entry of a level covers.</summary>
    public static ulong EntrySize(int level) => 1UL << EntryShift(level);

    /// <summary>Index of an address in a table of a level. Level 4 needs no mask: addresses have at most 57 bits (PT-003).</summary>
    public static int IndexAt(ulong va, int level) => (int)((va >> EntryShift(level)) & IndexMask);

    /// <summary>Index of an address in a compact table (PT-004).</summary>
    public static int CompactIndexAt(ulong va) => (int)(va >> CompactShift) & (CompactEntries - 1);
}
