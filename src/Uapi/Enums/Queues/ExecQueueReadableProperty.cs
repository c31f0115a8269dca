using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Properties that EXEC_QUEUE_GET_PROPERTY reads.</summary>
[FlagTable("DRM_XE_EXEC_QUEUE_GET_PROPERTY_")]
public enum ExecQueueReadableProperty : uint
{
    /// <summary>Whether the queue is banned: 0 or 1.</summary>
    [CName("DRM_XE_EXEC_QUEUE_GET_PROPERTY_BAN")]
    Ban = 0,
}
