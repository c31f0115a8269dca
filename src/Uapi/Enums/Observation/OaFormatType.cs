using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Families of OA report formats; the lowest byte of a format.</summary>
[FlagTable("DRM_XE_OA_FMT_TYPE_")]
public enum OaFormatType : uint
{
    /// <summary>Reports of a GT.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_OAG")]
    Oag = 0,

    /// <summary>Reports of a render engine.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_OAR")]
    Oar = 1,

    /// <summary>Reports of media engines.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_OAM")]
    Oam = 2,

    /// <summary>Reports of a compute engine.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_OAC")]
    Oac = 3,

    /// <summary>Reports of a media GT.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_OAM_MPEC")]
    OamMpec = 4,

    /// <summary>Reports of programmable event counters.</summary>
    [CName("DRM_XE_OA_FMT_TYPE_PEC")]
    Pec = 5,
}
