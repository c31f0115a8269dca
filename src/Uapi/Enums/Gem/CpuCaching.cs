using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>How CPU mappings of a buffer object are cached.</summary>
[FlagTable("DRM_XE_GEM_CPU_CACHING_")]
public enum CpuCaching : ushort
{
    /// <summary>Write-back; only for system memory that is not displayed.</summary>
    [CName("DRM_XE_GEM_CPU_CACHING_WB")]
    WriteBack = 1,

    /// <summary>Write-combined.</summary>
    [CName("DRM_XE_GEM_CPU_CACHING_WC")]
    WriteCombined = 2,
}
