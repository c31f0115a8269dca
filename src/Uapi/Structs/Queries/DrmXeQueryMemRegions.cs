using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Header of the MEM_REGIONS query payload; the <see cref="DrmXeMemRegion"/> entries follow it (UAPI-012).</summary>
[CName("drm_xe_query_mem_regions")]
[FlexibleArray("mem_regions", typeof(DrmXeMemRegion))]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryMemRegions
{
    /// <summary>Out: number of regions.</summary>
    [CName("num_mem_regions"), FieldOffset(0)]
    public uint NumMemRegions;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
