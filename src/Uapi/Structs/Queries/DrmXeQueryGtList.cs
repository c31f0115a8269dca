using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Header of the GT_LIST query payload; the <see cref="DrmXeGt"/> entries follow it.</summary>
[CName("drm_xe_query_gt_list")]
[FlexibleArray("gt_list", typeof(DrmXeGt))]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryGtList
{
    /// <summary>Out: number of GTs.</summary>
    [CName("num_gt"), FieldOffset(0)]
    public uint NumGt;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;
}
