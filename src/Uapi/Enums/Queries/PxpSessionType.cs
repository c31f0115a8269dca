using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Kinds of protected content.</summary>
[FlagTable("DRM_XE_PXP_TYPE_")]
public enum PxpSessionType : uint
{
    /// <summary>Not protected.</summary>
    [CName("DRM_XE_PXP_TYPE_NONE")]
    None = 0,

    /// <summary>Content that hardware decrypts and the display shows.</summary>
    [CName("DRM_XE_PXP_TYPE_HWDRM")]
    HwDrm = 1,
}
