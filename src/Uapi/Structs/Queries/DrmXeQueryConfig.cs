using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Header of the CONFIG query payload; the values follow it, indexed by <see cref="ConfigIndex"/>.</summary>
[CName("drm_xe_query_config")]
[FlexibleArray("info", typeof(ulong))]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryConfig
{
    /// <summary>Out: number of values, 5.</summary>
    [CName("num_params"), FieldOffset(0)]
    public uint NumParams;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
