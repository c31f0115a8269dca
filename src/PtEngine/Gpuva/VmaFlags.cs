namespace XePt.Gpuva;

/// <summary>State and kind bits of a VMA, at the positions of the GPUVA word (BIND-230, PT-082).</summary>
[Flags]
internal enum VmaFlags : uint
{
    None = 0,

    /// <summary>Sparse: reads give zero, writes vanish.</summary>
    Null = 1 << 1,

    /// <summary>The GPU may not write.</summary>
    ReadOnly = 1 << 2,

    /// <summary>Removed by a request that has not finished yet.</summary>
    Destroyed = 1 << 3,

    /// <summary>The platform's leaf entries can carry the atomic-enable bit (PT-034).</summary>
    AtomicPte = 1 << 4,

    /// <summary>Page-size hint: mapped with 4 KiB leaves.</summary>
    Pte4K = 1 << 5,

    /// <summary>Page-size hint: mapped with 2 MiB leaves.</summary>
    Pte2M = 1 << 6,

    /// <summary>Page-size hint: mapped with 1 GiB leaves.</summary>
    Pte1G = 1 << 7,

    /// <summary>Page-size hint: mapped with 64 KiB-hinted entries.</summary>
    Pte64K = 1 << 8,

    /// <summary>Page-size hint: mapped through a compact 64 KiB table.</summary>
    PteCompact = 1 << 9,

    /// <summary>Contents go into the hang dump.</summary>
    Dumpable = 1 << 10,

    /// <summary>CPU address mirror: reserves the range, has no page tables of its own.</summary>
    Mirror = 1 << 11,

    /// <summary>Memory attributes fall back to their defaults when the CPU range is unmapped.</summary>
    Autoreset = 1 << 12,

    /// <summary>The last fault that was serviced was in it (FLT-038).</summary>
    LastFault = 1 << 13,

    /// <summary>A piece of a NULL VMA that advice has cut: on the tiles on which it is staged it has entries, though it is not marked
    /// present (Q9).</summary>
    Unmarked = 1 << 14,

    /// <summary>What a MAP decides and the pieces of a split inherit (BIND-176, BIND-179).</summary>
    CreateMask = Null | ReadOnly | Dumpable | Mirror | Autoreset,

    /// <summary>All page-size hints; they are added while leaves are staged and never removed (BIND-186).</summary>
    SizeMask = Pte4K | Pte2M | Pte1G | Pte64K | PteCompact,
}
