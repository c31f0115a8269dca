using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of EXEC_QUEUE_CREATE.</summary>
[Flags]
[FlagTable("DRM_XE_EXEC_QUEUE_")]
public enum ExecQueueCreateFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The work prefers latency over power.</summary>
    [CName("DRM_XE_EXEC_QUEUE_LOW_LATENCY_HINT")]
    LowLatencyHint = 1u << 0,
}
