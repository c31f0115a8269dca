using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Properties of a stall-sampling stream; its parameters are a chain of <see cref="DrmXeExtSetProperty"/>.</summary>
[FlagTable("DRM_XE_EU_STALL_PROP_")]
public enum EuStallProperty : uint
{
    /// <summary>The GT that is sampled.</summary>
    [CName("DRM_XE_EU_STALL_PROP_GT_ID")]
    GtId = 1,

    /// <summary>GPU cycles between samples: one of those that the EU_STALL query lists.</summary>
    [CName("DRM_XE_EU_STALL_PROP_SAMPLE_RATE")]
    SampleRate = 2,

    /// <summary>Records that a reader waits for.</summary>
    [CName("DRM_XE_EU_STALL_PROP_WAIT_NUM_REPORTS")]
    WaitNumReports = 3,
}
