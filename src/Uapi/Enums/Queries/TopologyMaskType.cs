using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What a topology mask counts.</summary>
[FlagTable("DRM_XE_TOPO_")]
public enum TopologyMaskType : ushort
{
    /// <summary>Sub-slices that do geometry.</summary>
    [CName("DRM_XE_TOPO_DSS_GEOMETRY")]
    DssGeometry = 1,

    /// <summary>Sub-slices that do compute.</summary>
    [CName("DRM_XE_TOPO_DSS_COMPUTE")]
    DssCompute = 2,

    /// <summary>L3 banks.</summary>
    [CName("DRM_XE_TOPO_L3_BANK")]
    L3Bank = 3,

    /// <summary>Execution units (8 lanes) per sub-slice.</summary>
    [CName("DRM_XE_TOPO_EU_PER_DSS")]
    EuPerDss = 4,

    /// <summary>Execution units (16 lanes) per sub-slice.</summary>
    [CName("DRM_XE_TOPO_SIMD16_EU_PER_DSS")]
    Simd16EuPerDss = 5,
}
