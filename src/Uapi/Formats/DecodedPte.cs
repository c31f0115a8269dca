namespace XePt.Uapi.Formats;

/// <summary>A page-table entry taken apart with the format and the level known (PT-016, PT-017).</summary>
/// <param name="Kind">The kind of entry; at levels 1 and 2 an entry without the page-size bit counts as directory entry.</param>
/// <param name="Level">The level of the table that holds the entry.</param>
/// <param name="Raw">The entry.</param>
/// <param name="DeclaredBits">The bits that the format can set in this kind of entry.</param>
/// <param name="PatIndex">The PAT index.</param>
/// <param name="Address">The address of the page or of the child table.</param>
public readonly partial record struct DecodedPte(
    PteEntryKind Kind, int Level, ulong Raw, ulong DeclaredBits, uint PatIndex, ulong Address)
{
    /// <summary>Whether the entry is valid.</summary>
    public bool Present => Has(PteFormats.Present);

    /// <summary>Whether the memory may be written.</summary>
    public bool Writable => Has(PteFormats.Writable);

    /// <summary>Whether reads return 0 and writes are dropped.</summary>
    public bool IsNull => Has(PteFormats.Null);

    /// <summary>Whether the address is one of device memory.</summary>
    public bool DeviceMemory => Has(PteFormats.DeviceMemory);

    /// <summary>Whether device atomics are enabled.</summary>
    public bool AtomicEnable => Has(PteFormats.AtomicEnable);

    /// <summary>Whether the entry is one of 16 that map an aligned 64 KiB page.</summary>
    public bool Ps64 => Has(PteFormats.Ps64);

    /// <summary>Whether the entry points to a compact table.</summary>
    public bool IsCompactPde => Has(PteFormats.Pde64K);

    /// <summary>Whether the entry maps memory; otherwise it points to a table.</summary>
    public bool IsLeaf => Kind <= PteEntryKind.Leaf1G;

    /// <summary>Bytes that a leaf maps; 0 for a directory entry.</summary>
    public ulong PageSizeBytes => Kind switch
    {
        PteEntryKind.Leaf4K => 1UL << 12,
        PteEntryKind.Leaf64K => 1UL << 16,
        PteEntryKind.Leaf2M => 1UL << 21,
        PteEntryKind.Leaf1G => 1UL << 30,
        _ => 0,
    };

    /// <summary>Set bits that the driver never sets in this kind of entry; 0 in a well-formed entry.</summary>
    public ulong UnexpectedBits => Raw & ~DeclaredBits;

    private bool Has(ulong bit) => (Raw & DeclaredBits & bit) != 0;
}
