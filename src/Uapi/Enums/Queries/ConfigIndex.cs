using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Positions in the values of <see cref="DrmXeQueryConfig"/>.</summary>
[FlagTable("DRM_XE_QUERY_CONFIG_")]
public enum ConfigIndex : uint
{
    /// <summary>Device id in bits 0-15, revision in bits 16-23.</summary>
    [CName("DRM_XE_QUERY_CONFIG_REV_AND_DEVICE_ID")]
    RevAndDeviceId = 0,

    /// <summary><see cref="ConfigFlags"/>.</summary>
    [CName("DRM_XE_QUERY_CONFIG_FLAGS")]
    Flags = 1,

    /// <summary>Smallest alignment of VRAM objects in bytes.</summary>
    [CName("DRM_XE_QUERY_CONFIG_MIN_ALIGNMENT")]
    MinAlignment = 2,

    /// <summary>Bits of a GPU VA: 47, 48 or 57.</summary>
    [CName("DRM_XE_QUERY_CONFIG_VA_BITS")]
    VaBits = 3,

    /// <summary>Highest priority the caller may use.</summary>
    [CName("DRM_XE_QUERY_CONFIG_MAX_EXEC_QUEUE_PRIORITY")]
    MaxExecQueuePriority = 4,
}
