using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of GEM_MMAP_OFFSET (UAPI-020).</summary>
[Flags]
[FlagTable("DRM_XE_MMAP_OFFSET_FLAG_")]
public enum MmapOffsetFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Ask for the page whose write is a PCI barrier.</summary>
    [CName("DRM_XE_MMAP_OFFSET_FLAG_PCI_BARRIER")]
    PciBarrier = 1u << 0,
}
