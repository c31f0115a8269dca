using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Extension kinds of GEM_CREATE.</summary>
[FlagTable("DRM_XE_GEM_CREATE_EXTENSION_")]
public enum GemCreateExtension : uint
{
    /// <summary>Set one property.</summary>
    [CName("DRM_XE_GEM_CREATE_EXTENSION_SET_PROPERTY")]
    SetProperty = 0,
}
