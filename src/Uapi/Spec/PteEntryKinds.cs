using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>Sets of <see cref="PteEntryKind"/>, for declarations that say something about several kinds at once.</summary>
[Flags]
internal enum PteEntryKinds
{
    /// <summary>No kind.</summary>
    None = 0,

    /// <inheritdoc cref="PteEntryKind.Leaf4K"/>
    Leaf4K = 1 << PteEntryKind.Leaf4K,

    /// <inheritdoc cref="PteEntryKind.Leaf64K"/>
    Leaf64K = 1 << PteEntryKind.Leaf64K,

    /// <inheritdoc cref="PteEntryKind.Leaf2M"/>
    Leaf2M = 1 << PteEntryKind.Leaf2M,

    /// <inheritdoc cref="PteEntryKind.Leaf1G"/>
    Leaf1G = 1 << PteEntryKind.Leaf1G,

    /// <inheritdoc cref="PteEntryKind.DirectoryL1"/>
    DirectoryL1 = 1 << PteEntryKind.DirectoryL1,

    /// <inheritdoc cref="PteEntryKind.Directory"/>
    Directory = 1 << PteEntryKind.Directory,

    /// <summary>The leaves of level-0 tables.</summary>
    SmallLeaves = Leaf4K | Leaf64K,

    /// <summary>The leaves above level 0.</summary>
    HugeLeaves = Leaf2M | Leaf1G,

    /// <summary>All entries that map memory.</summary>
    Leaves = SmallLeaves | HugeLeaves,

    /// <summary>All entries that point to tables.</summary>
    Directories = DirectoryL1 | Directory,

    /// <summary>Every kind.</summary>
    All = Leaves | Directories,

    /// <summary>The kinds of a format without compact tables.</summary>
    AllButCompact = All & ~Leaf64K,
}
