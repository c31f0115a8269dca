using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One GT.</summary>
[CName("drm_xe_gt")]
[UapiStruct(Size = 96)]
[StructLayout(LayoutKind.Explicit, Size = 96)]
public partial struct DrmXeGt
{
    /// <summary>Main or media.</summary>
    [CName("type"), FieldOffset(0)]
    public GtType Type;

    /// <summary>Tile that owns the GT.</summary>
    [CName("tile_id"), FieldOffset(2)]
    public ushort TileId;

    /// <summary>GT index.</summary>
    [CName("gt_id"), FieldOffset(4)]
    public ushort GtId;

    /// <summary>Padding; zero.</summary>
    [CName("pad"), FieldOffset(6)]
    public UInt16x3 Pad;

    /// <summary>Reference clock in Hz.</summary>
    [CName("reference_clock"), FieldOffset(12)]
    public uint ReferenceClock;

    /// <summary>Mask of the regions that are near to this GT.</summary>
    [CName("near_mem_regions"), FieldOffset(16)]
    public ulong NearMemRegions;

    /// <summary>Mask of the regions that are far from this GT.</summary>
    [CName("far_mem_regions"), FieldOffset(24)]
    public ulong FarMemRegions;

    /// <summary>IP version, major part.</summary>
    [CName("ip_ver_major"), FieldOffset(32)]
    public ushort IpVerMajor;

    /// <summary>IP version, minor part.</summary>
    [CName("ip_ver_minor"), FieldOffset(34)]
    public ushort IpVerMinor;

    /// <summary>IP version, revision.</summary>
    [CName("ip_ver_rev"), FieldOffset(36)]
    public ushort IpVerRev;

    /// <summary>Padding; zero.</summary>
    [CName("pad2"), FieldOffset(38)]
    public ushort Pad2;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(40)]
    public UInt64x7 Reserved;
}
