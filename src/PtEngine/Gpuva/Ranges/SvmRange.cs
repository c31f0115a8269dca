using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>What an SVM range is and has (specification 04 sections 2.1 and 2.2).</summary>
[Flags]
internal enum SvmRangeFlags : byte
{
    None = 0,

    /// <summary>Its memory may move into device memory; decided when the range is made (SVM-004, SVM-057).</summary>
    Migrates = 1 << 0,

    /// <summary>The CPU has unmapped memory of it: it waits for the garbage collector (SVM-148).</summary>
    Unmapped = 1 << 1,

    /// <summary>Only a part of it was unmapped.</summary>
    PartlyUnmapped = 1 << 2,

    /// <summary>Its pages are collected and of now (SVM-006).</summary>
    HasPages = 1 << 3,

    /// <summary>They are device pages.</summary>
    HasDevicePages = 1 << 4,

    /// <summary>It could not be unbound and does not come into the garbage list again (VEC-09).</summary>
    Forsaken = 1 << 6,

    /// <summary>In the garbage list.</summary>
    Listed = 1 << 5,

    /// <summary>Its pages were collected for reading only: others may use them too (SVM-091).</summary>
    ReadOnlyPages = 1 << 7,
}

/// <summary>One populated piece <c>[Start, End)</c> of a mirror VMA (specification 02 section 13, masks of PT-153).</summary>
internal struct SvmRange
{
    public ulong Start;
    public ulong End;

    /// <summary>The pages, when it has any; their memory is kept for the next ones.</summary>
    public PageRuns Pages;

    /// <summary>The notifier that covers it, or 0 for a range whose pages the embedder names.</summary>
    public int Notifier;

    /// <summary>Neighbours in the garbage list, or 0.</summary>
    public int PreviousGarbage, NextGarbage;

    /// <summary>Number of the pagemap that its device pages are of, or 0 (SVM-097).</summary>
    public int Pagemap;

    public SvmRangeFlags Flags;
    public byte TilePresent;
    public byte TileInvalidated;

    public readonly ulong Size => End - Start;

    /// <summary>Tiles on which it has entries that count.</summary>
    public readonly byte ValidTiles => (byte)(TilePresent & ~TileInvalidated);

    public readonly bool HasValidMapping(int tile) => (ValidTiles & (1 << tile)) != 0;

    public readonly bool Has(SvmRangeFlags flags) => (Flags & flags) != 0;
}
