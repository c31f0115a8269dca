using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of GEM_CREATE.</summary>
[Flags]
[FlagTable("DRM_XE_GEM_CREATE_FLAG_")]
public enum GemCreateFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>No pages at creation: they appear at the first bind validation or CPU access.</summary>
    [CName("DRM_XE_GEM_CREATE_FLAG_DEFER_BACKING")]
    DeferBacking = 1u << 0,

    /// <summary>The object may be displayed; not with write-back caching.</summary>
    [CName("DRM_XE_GEM_CREATE_FLAG_SCANOUT")]
    Scanout = 1u << 1,

    /// <summary>The part in VRAM must be reachable by the CPU.</summary>
    [CName("DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM")]
    NeedsVisibleVram = 1u << 2,

    /// <summary>Binds with a compressing PAT index are refused; needs graphics version 20.</summary>
    [CName("DRM_XE_GEM_CREATE_FLAG_NO_COMPRESSION")]
    NoCompression = 1u << 3,
}
