using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Kinds of observation architecture (OA) units.</summary>
[FlagTable("DRM_XE_OA_UNIT_TYPE_")]
public enum OaUnitType : uint
{
    /// <summary>The unit of a GT; those of its render and compute engines count as it.</summary>
    [CName("DRM_XE_OA_UNIT_TYPE_OAG")]
    Oag = 0,

    /// <summary>The unit of media engines.</summary>
    [CName("DRM_XE_OA_UNIT_TYPE_OAM")]
    Oam = 1,

    /// <summary>The unit of a media GT as a whole.</summary>
    [CName("DRM_XE_OA_UNIT_TYPE_OAM_SAG")]
    OamSag = 2,

    /// <summary>The unit of the memory translation of a device.</summary>
    [CName("DRM_XE_OA_UNIT_TYPE_MERT")]
    Mert = 3,
}
