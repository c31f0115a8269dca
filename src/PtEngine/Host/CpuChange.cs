namespace XePt.Host;

/// <summary>Why pages of a process change (chapter 6.1).</summary>
public enum CpuChangeKind : byte
{
    /// <summary>The mapping goes away: munmap, a mapping over it, the old place of a move, the end of the process.</summary>
    Unmap = 0,

    /// <summary>Pages are dropped or replaced: madvise(DONTNEED), reclaim, split of a huge page, eviction of a device page.</summary>
    Clear = 1,

    /// <summary>The protection of a mapping changes.</summary>
    ProtectionVma = 2,

    /// <summary>Pages are write-protected for copy-on-write: fork.</summary>
    ProtectionPage = 3,

    /// <summary>Soft-dirty marks are cleared.</summary>
    SoftDirty = 4,

    /// <summary>A device takes a page for exclusive access.</summary>
    Exclusive = 5,

    /// <summary>Pages are collected for a migration, to or from a device.</summary>
    Migrate = 6,

    /// <summary>The address space has lost its last user.</summary>
    Release = 7,
}

/// <summary>A change of a process's pages that is about to take effect (HST-006).</summary>
/// <param name="Kind">Why.</param>
/// <param name="Range">The pages. Not clipped to the subscription.</param>
/// <param name="Sequence">The subscription's number of this change; it rises with every change.</param>
/// <param name="MayBlock">The callback may wait; when not, it refuses a change that it would have to wait for.</param>
public readonly record struct CpuChange(CpuChangeKind Kind, AddressRange Range, ulong Sequence, bool MayBlock)
{
    /// <summary>For example <c>Unmap [0x7f0000000000, 0x7f0000001000) #0x3</c>.</summary>
    public override string ToString() => $"{Kind} {Range} #0x{Sequence:x}{(MayBlock ? "" : ", must not wait")}";
}
