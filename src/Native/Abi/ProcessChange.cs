using XePt.Host;

namespace XePt.Native;

/// <summary>How memory of this process changes.</summary>
[CType("xept_process_change")]
internal enum ProcessChange : uint
{
    /// <summary>Mappings go away: munmap, mmap over them, the old place of mremap, brk.</summary>
    Unmap = CpuChangeKind.Unmap,

    /// <summary>Pages are dropped, the mapping stays: madvise(MADV_DONTNEED) and its like.</summary>
    Discard = CpuChangeKind.Clear,

    /// <summary>The protection changes: mprotect.</summary>
    Protect = CpuChangeKind.ProtectionVma,

    /// <summary>Pages are shared with a child, which copies what is written.</summary>
    Fork = CpuChangeKind.ProtectionPage,
}
