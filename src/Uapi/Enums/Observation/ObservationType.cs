using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Units that OBSERVATION addresses.</summary>
[FlagTable("DRM_XE_OBSERVATION_TYPE_")]
public enum ObservationType : ulong
{
    /// <summary>Observation architecture counters.</summary>
    [CName("DRM_XE_OBSERVATION_TYPE_OA")]
    Oa = 0,

    /// <summary>Stall sampling.</summary>
    [CName("DRM_XE_OBSERVATION_TYPE_EU_STALL")]
    EuStall = 1,
}
