using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What DEVICE_QUERY asks for.</summary>
[FlagTable("DRM_XE_DEVICE_QUERY_")]
public enum DeviceQueryId : uint
{
    /// <summary>Engines: <see cref="DrmXeQueryEngines"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_ENGINES")]
    Engines = 0,

    /// <summary>Memory regions: <see cref="DrmXeQueryMemRegions"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_MEM_REGIONS")]
    MemRegions = 1,

    /// <summary>Device configuration: <see cref="DrmXeQueryConfig"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_CONFIG")]
    Config = 2,

    /// <summary>GTs: <see cref="DrmXeQueryGtList"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_GT_LIST")]
    GtList = 3,

    /// <summary>A blob of the firmware.</summary>
    [CName("DRM_XE_DEVICE_QUERY_HWCONFIG")]
    HwConfig = 4,

    /// <summary>Topology: records of <see cref="DrmXeQueryTopologyMask"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_GT_TOPOLOGY")]
    GtTopology = 5,

    /// <summary>Cycle counter: <see cref="DrmXeQueryEngineCycles"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_ENGINE_CYCLES")]
    EngineCycles = 6,

    /// <summary>Firmware version: <see cref="DrmXeQueryUcFwVersion"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_UC_FW_VERSION")]
    UcFwVersion = 7,

    /// <summary>Observation units; not offered by XePt.</summary>
    [CName("DRM_XE_DEVICE_QUERY_OA_UNITS")]
    OaUnits = 8,

    /// <summary>Protected content: <see cref="DrmXeQueryPxpStatus"/>.</summary>
    [CName("DRM_XE_DEVICE_QUERY_PXP_STATUS")]
    PxpStatus = 9,

    /// <summary>Stall sampling; not offered by XePt.</summary>
    [CName("DRM_XE_DEVICE_QUERY_EU_STALL")]
    EuStall = 10,
}
