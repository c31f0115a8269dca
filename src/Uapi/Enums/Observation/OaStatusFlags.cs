using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What happened to an OA stream.</summary>
[Flags]
[FlagTable("DRM_XE_OASTATUS_")]
public enum OaStatusFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>A report was lost.</summary>
    [CName("DRM_XE_OASTATUS_REPORT_LOST")]
    ReportLost = 1ul << 0,

    /// <summary>The buffer was full.</summary>
    [CName("DRM_XE_OASTATUS_BUFFER_OVERFLOW")]
    BufferOverflow = 1ul << 1,

    /// <summary>A counter wrapped.</summary>
    [CName("DRM_XE_OASTATUS_COUNTER_OVERFLOW")]
    CounterOverflow = 1ul << 2,

    /// <summary>The queue of triggers was full.</summary>
    [CName("DRM_XE_OASTATUS_MMIO_TRG_Q_FULL")]
    MmioTrgQFull = 1ul << 3,
}
