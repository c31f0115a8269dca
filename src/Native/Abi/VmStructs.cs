namespace XePt.Native;

/// <summary>What a VM is.</summary>
[CType("xept_vm_info")]
internal unsafe struct VmInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Number on the device, from 1 and never used again: TLB invalidations name the VM by it.</summary>
    public uint Number;

    /// <summary>Address-space id, by which faults name it; 0 where there are none.</summary>
    public uint Asid;

    /// <summary>How mappings are kept valid for running jobs.</summary>
    [CEnum(typeof(Uapi.VmMode))]
    public uint Mode;

    /// <summary>1 when unmapped addresses read zero instead of faulting.</summary>
    public uint HasScratch;

    /// <summary>1 when nothing of it is in flight.</summary>
    public uint IsIdle;

    /// <summary>VMAs.</summary>
    public uint VmaCount;

    /// <summary>Level of the root tables.</summary>
    public uint RootLevel;

    /// <summary>Format of the entries.</summary>
    [CEnum(typeof(Uapi.Formats.PteFormatId))]
    public uint Format;

    /// <summary>Not used.</summary>
    public uint Reserved;

    /// <summary>Bytes of address space.</summary>
    public ulong Bytes;

    /// <summary>Device address of the root table of each tile.</summary>
    public fixed ulong Root[2];

    /// <summary>Root descriptor of each tile, as the context image holds it.</summary>
    public fixed ulong RootDescriptor[2];
}

/// <summary>What the tables say about one address.</summary>
[CType("xept_translation")]
internal struct TranslationInfo
{
    /// <summary>The address asked for.</summary>
    public ulong Va;

    /// <summary>The raw entry that decided.</summary>
    public ulong Entry;

    /// <summary>Device address of the byte, when it is mapped to memory.</summary>
    public ulong Address;

    /// <summary>Bytes that one TLB entry of this leaf covers; 0 without a leaf.</summary>
    public ulong PageSize;

    /// <summary>Outcome.</summary>
    [CEnum(typeof(TranslationStatus))]
    public byte Status;

    /// <summary>Level of the entry that decided.</summary>
    public byte Level;

    /// <summary>What else is to be said of the leaf.</summary>
    [CEnum(typeof(LeafFlags))]
    public byte Flags;

    /// <summary>Format of the entry.</summary>
    [CEnum(typeof(Uapi.Formats.PteFormatId))]
    public byte Format;

    /// <summary>Not used.</summary>
    public uint Reserved;
}

/// <summary>What else is to be said of a leaf.</summary>
[Flags, CType("xept_leaf_flag")]
internal enum LeafFlags : byte
{
    /// <summary>The GPU may write.</summary>
    Writable = 1,

    /// <summary>The address is one of device memory, not of system memory.</summary>
    DeviceMemory = 2,

    /// <summary>The leaf is in a table of 64 KiB entries.</summary>
    Compact = 4,

    /// <summary>A NULL leaf: no memory behind it.</summary>
    Null = 8,
}

/// <summary>An entry that a walk read.</summary>
[CType("xept_walk_step")]
internal struct WalkStepInfo
{
    /// <summary>Device address of the entry.</summary>
    public ulong EntryAddress;

    /// <summary>Its raw value.</summary>
    public ulong Entry;

    /// <summary>Level of its table.</summary>
    public uint Level;

    /// <summary>Not used.</summary>
    public uint Reserved;
}

/// <summary>A VMA.</summary>
[CType("xept_vma")]
internal struct VmaEntry
{
    /// <summary>First address.</summary>
    public ulong Start;

    /// <summary>Address behind the last.</summary>
    public ulong End;

    /// <summary>Offset in the buffer object, or CPU address of a userptr.</summary>
    public ulong Offset;

    /// <summary>Number of the buffer object on the device, or 0.</summary>
    public uint BoNumber;

    /// <summary>What is behind it.</summary>
    [CEnum(typeof(VmaKind))]
    public uint Kind;

    /// <summary>What else is to be said of it.</summary>
    [CEnum(typeof(VmaEntryFlags))]
    public uint Flags;

    /// <summary>Page sizes it was mapped with.</summary>
    [CEnum(typeof(PageSizeHints))]
    public uint PageSizes;

    /// <summary>PAT index that entries are written with.</summary>
    public uint PatIndex;

    /// <summary>PAT index given when it was bound.</summary>
    public uint DefaultPatIndex;

    /// <summary>Who may do atomics on it: DRM_XE_ATOMIC_*.</summary>
    public uint Atomic;

    /// <summary>Tiles it is for.</summary>
    public byte TileMask;

    /// <summary>Tiles it is bound on.</summary>
    public byte TilePresent;

    /// <summary>Tiles with a prepared bind.</summary>
    public byte TileStaged;

    /// <summary>Tiles it was zapped on.</summary>
    public byte TileInvalidated;
}

/// <summary>What else is to be said of a VMA.</summary>
[Flags, CType("xept_vma_flag")]
internal enum VmaEntryFlags : uint
{
    /// <summary>The null flag; a mirror may carry it, too.</summary>
    Null = 1,

    /// <summary>The GPU may not write.</summary>
    ReadOnly = 2,

    /// <summary>Contents go into the hang dump.</summary>
    Dumpable = 4,

    /// <summary>Attributes fall back to defaults when the CPU range is unmapped.</summary>
    Autoreset = 8,

    /// <summary>Leaves can carry the atomic-enable bit.</summary>
    MayEnableAtomics = 16,

    /// <summary>A userptr whose CPU pages have changed since they were pinned.</summary>
    Stale = 32,
}

/// <summary>A run of equal leaves of consecutive memory.</summary>
[CType("xept_mapping")]
internal struct MappingEntry
{
    /// <summary>First address.</summary>
    public ulong Start;

    /// <summary>Address behind the last.</summary>
    public ulong End;

    /// <summary>Raw entry of the first leaf; the others differ in the address only.</summary>
    public ulong Entry;

    /// <summary>Bytes that one entry covers.</summary>
    public ulong LeafSize;

    /// <summary>Level of the leaves.</summary>
    public uint Level;

    /// <summary>What else is to be said of them: compact and null.</summary>
    [CEnum(typeof(LeafFlags))]
    public uint Flags;
}
