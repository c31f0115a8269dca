using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Operations of OBSERVATION.</summary>
[FlagTable("DRM_XE_OBSERVATION_OP_")]
public enum ObservationOp : ulong
{
    /// <summary>Open a stream.</summary>
    [CName("DRM_XE_OBSERVATION_OP_STREAM_OPEN")]
    StreamOpen = 0,

    /// <summary>Add a counter configuration.</summary>
    [CName("DRM_XE_OBSERVATION_OP_ADD_CONFIG")]
    AddConfig = 1,

    /// <summary>Remove a counter configuration.</summary>
    [CName("DRM_XE_OBSERVATION_OP_REMOVE_CONFIG")]
    RemoveConfig = 2,
}
