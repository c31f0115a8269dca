using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>The value at <see cref="ConfigIndex.Flags"/>.</summary>
[Flags]
[FlagTable("DRM_XE_QUERY_CONFIG_FLAG_")]
public enum ConfigFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The device has VRAM.</summary>
    [CName("DRM_XE_QUERY_CONFIG_FLAG_HAS_VRAM")]
    HasVram = 1ul << 0,

    /// <summary><see cref="ExecQueueCreateFlags.LowLatencyHint"/> is known; always set.</summary>
    [CName("DRM_XE_QUERY_CONFIG_FLAG_HAS_LOW_LATENCY")]
    HasLowLatency = 1ul << 1,

    /// <summary><see cref="VmBindFlags.CpuAddrMirror"/> works; the bit does not exist in the seed profiles.</summary>
    [CName("DRM_XE_QUERY_CONFIG_FLAG_HAS_CPU_ADDR_MIRROR")]
    [OnlyInProfile(XeProfile.Final)]
    HasCpuAddrMirror = 1ul << 2,

    /// <summary><see cref="GemCreateFlags.NoCompression"/> works.</summary>
    [CName("DRM_XE_QUERY_CONFIG_FLAG_HAS_NO_COMPRESSION_HINT")]
    HasNoCompressionHint = 1ul << 3,
}
