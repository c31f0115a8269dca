using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Header of one record of the GT_TOPOLOGY query payload; the mask bytes follow it.</summary>
[CName("drm_xe_query_topology_mask")]
[FlexibleArray("mask", typeof(byte))]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryTopologyMask
{
    /// <summary>GT index.</summary>
    [CName("gt_id"), FieldOffset(0)]
    public ushort GtId;

    /// <summary>What the mask counts.</summary>
    [CName("type"), FieldOffset(2)]
    public TopologyMaskType Type;

    /// <summary>Bytes of the mask.</summary>
    [CName("num_bytes"), FieldOffset(4)]
    public uint NumBytes;
}
