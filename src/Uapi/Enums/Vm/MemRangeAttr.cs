using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Attributes that MADVISE sets.</summary>
[FlagTable("DRM_XE_MEM_RANGE_ATTR_")]
public enum MemRangeAttr : uint
{
    /// <summary>Where the pages prefer to live.</summary>
    [CName("DRM_XE_MEM_RANGE_ATTR_PREFERRED_LOC")]
    PreferredLoc = 0,

    /// <summary>Who may do atomics.</summary>
    [CName("DRM_XE_MEM_RANGE_ATTR_ATOMIC")]
    Atomic = 1,

    /// <summary>The PAT index.</summary>
    [CName("DRM_XE_MEM_RANGE_ATTR_PAT")]
    Pat = 2,
}
