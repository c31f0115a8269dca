namespace XePt.Uapi.Formats;

/// <summary>
/// A page-table entry format; implemented by generated code. Levels count up from 0, the last level; leaves occur at levels 0 to 2
/// (PT-008). A level outside the stated range throws <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public interface IPteFormat
{
    /// <summary>The format's id.</summary>
    static abstract PteFormatId Id { get; }

    /// <summary>Whether level-0 tables may be compact (PT-004).</summary>
    static abstract bool HasCompactTables { get; }

    /// <summary>The bits of a PAT index in a leaf (PT-021). Index bits that the format lacks are ignored.</summary>
    /// <param name="level">The leaf's level, 0 to 2.</param>
    /// <param name="pat">The PAT index.</param>
    static abstract ulong PatBits(int level, uint pat);

    /// <summary>A leaf without address and without the bits that depend on where the memory is (PT-024).</summary>
    /// <param name="level">The leaf's level, 0 to 2.</param>
    /// <param name="pat">The PAT index.</param>
    /// <param name="isReadOnly">Whether the mapping is read-only.</param>
    /// <param name="isNull">Whether the mapping is a NULL mapping.</param>
    static abstract ulong EncodeLeaf(int level, uint pat, bool isReadOnly, bool isNull);

    /// <summary>A directory entry without address (PT-022, PT-027).</summary>
    /// <param name="pat">The PAT index.</param>
    static abstract ulong EncodePde(uint pat);

    /// <summary>The address bits of a leaf.</summary>
    /// <param name="level">The leaf's level, 0 to 2.</param>
    /// <param name="compactTable">Whether a level-0 leaf is in a compact table; not considered at other levels.</param>
    static abstract ulong LeafAddressMask(int level, bool compactTable);

    /// <summary>Tells what kind of entry a value is; the same bits mean different things at different levels (PT-017).</summary>
    /// <param name="level">The level of the table that holds the entry, 0 to 4.</param>
    /// <param name="compactTable">Whether that table is compact; considered at level 0 of formats with compact tables only.</param>
    /// <param name="raw">The entry.</param>
    static abstract PteEntryKind KindOf(int level, bool compactTable, ulong raw);

    /// <summary>Takes an entry apart.</summary>
    /// <param name="level">The level of the table that holds the entry, 0 to 4.</param>
    /// <param name="compactTable">Whether that table is compact; considered at level 0 of formats with compact tables only.</param>
    /// <param name="raw">The entry.</param>
    static abstract DecodedPte Decode(int level, bool compactTable, ulong raw);

    /// <summary>The declared bits of a kind of entry.</summary>
    /// <param name="kind">The kind; <see cref="PteEntryKind.Leaf64K"/> only in formats with compact tables.</param>
    static abstract PteLayout LayoutOf(PteEntryKind kind);
}
