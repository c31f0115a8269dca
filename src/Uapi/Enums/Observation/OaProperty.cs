using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Properties of an OA stream; its parameters are a chain of <see cref="DrmXeExtSetProperty"/>.</summary>
[FlagTable("DRM_XE_OA_PROPERTY_")]
public enum OaProperty : uint
{
    /// <summary>The OA unit; 0 unless given.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_UNIT_ID")]
    OaUnitId = 1,

    /// <summary>1 to get raw reports in the buffer.</summary>
    [CName("DRM_XE_OA_PROPERTY_SAMPLE_OA")]
    SampleOa = 2,

    /// <summary>The counter configuration, as ADD_CONFIG has numbered it.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_METRIC_SET")]
    OaMetricSet = 3,

    /// <summary>The report format: see the masks in <see cref="XeConstants"/>.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_FORMAT")]
    OaFormat = 4,

    /// <summary>Reports every 2^(exponent + 1) ticks.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_PERIOD_EXPONENT")]
    OaPeriodExponent = 5,

    /// <summary>1 to open the stream disabled.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_DISABLED")]
    OaDisabled = 6,

    /// <summary>The exec queue that is observed.</summary>
    [CName("DRM_XE_OA_PROPERTY_EXEC_QUEUE_ID")]
    ExecQueueId = 7,

    /// <summary>The engine instance of that queue; 0 unless given.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_ENGINE_INSTANCE")]
    OaEngineInstance = 8,

    /// <summary>1 to switch preemption of that queue off.</summary>
    [CName("DRM_XE_OA_PROPERTY_NO_PREEMPT")]
    NoPreempt = 9,

    /// <summary>Number of sync entries.</summary>
    [CName("DRM_XE_OA_PROPERTY_NUM_SYNCS")]
    NumSyncs = 10,

    /// <summary>User address of the sync entries.</summary>
    [CName("DRM_XE_OA_PROPERTY_SYNCS")]
    Syncs = 11,

    /// <summary>Bytes of the buffer: a power of two from 128 KiB to 128 MiB; 16 MiB unless given.</summary>
    [CName("DRM_XE_OA_PROPERTY_OA_BUFFER_SIZE")]
    OaBufferSize = 12,

    /// <summary>Reports that a reader waits for.</summary>
    [CName("DRM_XE_OA_PROPERTY_WAIT_NUM_REPORTS")]
    WaitNumReports = 13,
}
