namespace XePt.Native;

/// <summary>What a snapshot is of, and how much is in it.</summary>
[CType("xept_snapshot_info")]
internal struct SnapshotInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Number of the VM on its device.</summary>
    public uint VmNumber;

    /// <summary>1 when no work of the VM was in flight, which may write entries while a snapshot is taken.</summary>
    public uint IsIdle;

    /// <summary>Format of the entries.</summary>
    [CEnum(typeof(Uapi.Formats.PteFormatId))]
    public uint Format;

    /// <summary>VMAs.</summary>
    public uint VmaCount;

    /// <summary>Page tables of all tiles.</summary>
    public uint TableCount;

    /// <summary>What xept_vm_hash gave at that moment.</summary>
    public ulong Hash;
}

/// <summary>A page table of a snapshot.</summary>
[CType("xept_snapshot_table")]
internal struct SnapshotTable
{
    /// <summary>First GPU address that it covers.</summary>
    public ulong Va;

    /// <summary>Where it was in device memory.</summary>
    public ulong Address;

    /// <summary>Tile that it is for.</summary>
    public uint Tile;

    /// <summary>Level; 0 is the last.</summary>
    public uint Level;

    /// <summary>Entries: 512, or 32 of a table of 64 KiB entries.</summary>
    public uint EntryCount;

    /// <summary>Entries in use, as the driver counts them.</summary>
    public uint LiveCount;
}

/// <summary>Choices of a comparison that are yes or no.</summary>
[Flags, CType("xept_compare_flag")]
internal enum CompareFlags : uint
{
    /// <summary>Where tables are counts, too: two snapshots without a difference are the same byte for byte.</summary>
    TablePlaces = 1,
}

/// <summary>What differs between two snapshots.</summary>
[CType("xept_difference_kind")]
internal enum DifferenceKind : uint
{
    /// <summary>A VMA: there is none that begins here in one of them, or anything of it is different.</summary>
    Vma,

    /// <summary>A table: there is none in one of them, and then its entries are not told; or its count, its kind or (with
    /// XEPT_COMPARE_FLAG_TABLE_PLACES) its place is different.</summary>
    Table,

    /// <summary>An entry of a table that is in both.</summary>
    Entry,
}

/// <summary>The snapshots that have something.</summary>
[Flags, CType("xept_difference_in")]
internal enum DifferenceSides : uint
{
    /// <summary>The first.</summary>
    First = 1,

    /// <summary>The second.</summary>
    Second = 2,
}

/// <summary>Something that two snapshots do not have in common.</summary>
[CType("xept_difference")]
internal record struct DifferenceEntry
{
    /// <summary>First GPU address.</summary>
    public ulong Start;

    /// <summary>Address behind the last; of two VMAs that of the longer one.</summary>
    public ulong End;

    /// <summary>In the first snapshot: of an entry its raw value, of a table where it is; else 0.</summary>
    public ulong First;

    /// <summary>The same in the second one.</summary>
    public ulong Second;

    /// <summary>What differs.</summary>
    [CEnum(typeof(DifferenceKind))]
    public uint Kind;

    /// <summary>The snapshots that have it.</summary>
    [CEnum(typeof(DifferenceSides))]
    public uint In;

    /// <summary>Tile of a table or entry.</summary>
    public uint Tile;

    /// <summary>Level of a table or entry.</summary>
    public uint Level;
}
