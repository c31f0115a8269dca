using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Properties of an exec queue (UAPI-008).</summary>
[FlagTable("DRM_XE_EXEC_QUEUE_SET_PROPERTY_")]
public enum ExecQueueProperty : uint
{
    /// <summary>0 low, 1 normal, 2 high.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_PROPERTY_PRIORITY")]
    Priority = 0,

    /// <summary>Time slice in microseconds.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_PROPERTY_TIMESLICE")]
    Timeslice = 1,

    /// <summary>Protected content: 0 none, 1 hardware protected.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_PROPERTY_PXP_TYPE")]
    PxpType = 2,

    /// <summary>User address of a state to replay.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_HANG_REPLAY_STATE")]
    HangReplayState = 3,

    /// <summary>Group of queues; <see cref="XeConstants.MultiGroupCreate"/> makes a new one.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_GROUP")]
    MultiGroup = 4,

    /// <summary>Priority in the group, 0 to 2.</summary>
    [CName("DRM_XE_EXEC_QUEUE_SET_PROPERTY_MULTI_QUEUE_PRIORITY")]
    MultiQueuePriority = 5,
}
