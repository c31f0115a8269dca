using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Header of the ENGINES query payload; the <see cref="DrmXeEngine"/> entries follow it.</summary>
[CName("drm_xe_query_engines")]
[FlexibleArray("engines", typeof(DrmXeEngine))]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryEngines
{
    /// <summary>Out: number of engines.</summary>
    [CName("num_engines"), FieldOffset(0)]
    public uint NumEngines;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
