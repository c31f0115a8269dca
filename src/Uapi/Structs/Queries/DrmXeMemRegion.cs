using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One memory region (UAPI-012).</summary>
[CName("drm_xe_mem_region")]
[UapiStruct(Size = 88)]
[StructLayout(LayoutKind.Explicit, Size = 88)]
public partial struct DrmXeMemRegion
{
    /// <summary>System memory or VRAM.</summary>
    [CName("mem_class"), FieldOffset(0)]
    public MemoryClass MemClass;

    /// <summary>Bit position of the region in a placement mask; also the region number of a prefetch.</summary>
    [CName("instance"), FieldOffset(2)]
    public ushort Instance;

    /// <summary>Smallest allocation granule in bytes.</summary>
    [CName("min_page_size"), FieldOffset(4)]
    public uint MinPageSize;

    /// <summary>Bytes in the region.</summary>
    [CName("total_size"), FieldOffset(8)]
    public ulong TotalSize;

    /// <summary>Bytes in use.</summary>
    [CName("used"), FieldOffset(16)]
    public ulong Used;

    /// <summary>VRAM only: bytes that the CPU can reach.</summary>
    [CName("cpu_visible_size"), FieldOffset(24)]
    public ulong CpuVisibleSize;

    /// <summary>VRAM only: CPU-reachable bytes in use.</summary>
    [CName("cpu_visible_used"), FieldOffset(32)]
    public ulong CpuVisibleUsed;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(40)]
    public UInt64x6 Reserved;
}
