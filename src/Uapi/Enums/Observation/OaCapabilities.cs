using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What an OA unit can do.</summary>
[Flags]
[FlagTable("DRM_XE_OA_CAPS_")]
public enum OaCapabilities : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Streams can be opened.</summary>
    [CName("DRM_XE_OA_CAPS_BASE")]
    Base = 1ul << 0,

    /// <summary>A configuration waits for and signals sync entries.</summary>
    [CName("DRM_XE_OA_CAPS_SYNCS")]
    Syncs = 1ul << 1,

    /// <summary>The size of the buffer can be chosen.</summary>
    [CName("DRM_XE_OA_CAPS_OA_BUFFER_SIZE")]
    OaBufferSize = 1ul << 2,

    /// <summary>A reader can wait for a number of reports.</summary>
    [CName("DRM_XE_OA_CAPS_WAIT_NUM_REPORTS")]
    WaitNumReports = 1ul << 3,

    /// <summary>Media units are offered.</summary>
    [CName("DRM_XE_OA_CAPS_OAM")]
    Oam = 1ul << 4,
}
