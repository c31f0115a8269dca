using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What stall sampling can do.</summary>
[Flags]
[FlagTable("DRM_XE_EU_STALL_CAPS_")]
public enum EuStallCapabilities : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Streams can be opened.</summary>
    [CName("DRM_XE_EU_STALL_CAPS_BASE")]
    Base = 1ul << 0,
}
