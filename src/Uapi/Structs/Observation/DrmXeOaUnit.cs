using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>One OA unit in the payload of the OA_UNITS query, followed by its engines.</summary>
[CName("drm_xe_oa_unit")]
[FlexibleArray("eci", typeof(DrmXeEngineClassInstance))]
[UapiStruct(Size = 72)]
[StructLayout(LayoutKind.Explicit, Size = 72)]
public partial struct DrmXeOaUnit
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Number of the unit.</summary>
    [CName("oa_unit_id"), FieldOffset(8)]
    public uint OaUnitId;

    /// <summary>Its kind.</summary>
    [CName("oa_unit_type"), FieldOffset(12)]
    public OaUnitType OaUnitType;

    /// <summary>What it can do.</summary>
    [CName("capabilities"), FieldOffset(16)]
    public OaCapabilities Capabilities;

    /// <summary>Frequency of its time stamps in Hz.</summary>
    [CName("oa_timestamp_freq"), FieldOffset(24)]
    public ulong OaTimestampFreq;

    /// <summary>The GT it belongs to.</summary>
    [CName("gt_id"), FieldOffset(32)]
    public ushort GtId;

    /// <summary>Padding; zero.</summary>
    [CName("reserved1"), FieldOffset(34)]
    public UInt16x3 Reserved1;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(40)]
    public UInt64x3 Reserved;

    /// <summary>Number of engines.</summary>
    [CName("num_engines"), FieldOffset(64)]
    public ulong NumEngines;
}
