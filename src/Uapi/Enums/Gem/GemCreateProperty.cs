using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Properties of GEM_CREATE (UAPI-007).</summary>
[FlagTable("DRM_XE_GEM_CREATE_SET_PROPERTY_")]
public enum GemCreateProperty : uint
{
    /// <summary>Protected content: 0 none, 1 hardware protected.</summary>
    [CName("DRM_XE_GEM_CREATE_SET_PROPERTY_PXP_TYPE")]
    PxpType = 0,
}
