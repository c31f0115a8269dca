using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Head of the payload of the OA_UNITS query; the units follow, each as long as its engines make it. XePt answers
/// -ENODEV.</summary>
[CName("drm_xe_query_oa_units")]
[FlexibleArray("oa_units", typeof(ulong))]
[UapiStruct(Size = 16)]
[StructLayout(LayoutKind.Explicit, Size = 16)]
public partial struct DrmXeQueryOaUnits
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Number of units.</summary>
    [CName("num_oa_units"), FieldOffset(8)]
    public uint NumOaUnits;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(12)]
    public uint Pad;
}
