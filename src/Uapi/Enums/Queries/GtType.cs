using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Kinds of GTs.</summary>
[FlagTable("DRM_XE_QUERY_GT_TYPE_")]
public enum GtType : ushort
{
    /// <summary>Render, copy and compute engines.</summary>
    [CName("DRM_XE_QUERY_GT_TYPE_MAIN")]
    Main = 0,

    /// <summary>Video engines.</summary>
    [CName("DRM_XE_QUERY_GT_TYPE_MEDIA")]
    Media = 1,
}
