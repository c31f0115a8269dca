namespace XePt.Uapi.Formats;

/// <summary>The kinds of page-table entries; each format declares all 64 bits of each kind it has (PT-008, PT-016).</summary>
public enum PteEntryKind : byte
{
    /// <summary>4 KiB leaf: an entry of a normal level-0 table.</summary>
    Leaf4K,

    /// <summary>64 KiB leaf: an entry of a compact level-0 table (PT-004).</summary>
    Leaf64K,

    /// <summary>2 MiB leaf: an entry of a level-1 table that maps memory.</summary>
    Leaf2M,

    /// <summary>1 GiB leaf: an entry of a level-2 table that maps memory.</summary>
    Leaf1G,

    /// <summary>An entry of a level-1 table that points to a level-0 table.</summary>
    DirectoryL1,

    /// <summary>An entry of a table of level 2 or above that points to a table.</summary>
    Directory,
}
