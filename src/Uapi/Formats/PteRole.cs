namespace XePt.Uapi.Formats;

/// <summary>What a field of a page-table entry means (PT-016).</summary>
public enum PteRole : byte
{
    /// <summary>The driver never sets these bits.</summary>
    MustBeZero,

    /// <summary>The entry is valid.</summary>
    Present,

    /// <summary>The memory may be written; always set in directory entries.</summary>
    Writable,

    /// <summary>Bit 0 of the PAT index.</summary>
    Pat0,

    /// <summary>Bit 1 of the PAT index.</summary>
    Pat1,

    /// <summary>Bit 2 of the PAT index.</summary>
    Pat2,

    /// <summary>Bit 3 of the PAT index.</summary>
    Pat3,

    /// <summary>Bit 4 of the PAT index.</summary>
    Pat4,

    /// <summary>The child table is compact: 32 entries of 64 KiB (PT-004).</summary>
    Pde64K,

    /// <summary>The entry maps memory although it is not in a level-0 table.</summary>
    PageSize,

    /// <summary>The entry is one of 16 that map an aligned 64 KiB page (PT-079).</summary>
    Ps64,

    /// <summary>Reads return 0, writes are dropped.</summary>
    Null,

    /// <summary>Device atomics are enabled.</summary>
    AtomicEnable,

    /// <summary>The address is one of device memory.</summary>
    DeviceMemory,

    /// <summary>The address of the page or of the child table.</summary>
    Address,
}
