using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Head of the payload of the EU_STALL query; the sampling rates follow. XePt answers -ENODEV.</summary>
[CName("drm_xe_query_eu_stall")]
[FlexibleArray("sampling_rates", typeof(ulong))]
[UapiStruct(Size = 80)]
[StructLayout(LayoutKind.Explicit, Size = 80)]
public partial struct DrmXeQueryEuStall
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>What can be done.</summary>
    [CName("capabilities"), FieldOffset(8)]
    public EuStallCapabilities Capabilities;

    /// <summary>Bytes of a record.</summary>
    [CName("record_size"), FieldOffset(16)]
    public ulong RecordSize;

    /// <summary>Bytes of the buffer of each sub-slice.</summary>
    [CName("per_xecore_buf_size"), FieldOffset(24)]
    public ulong PerXecoreBufSize;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(32)]
    public UInt64x5 Reserved;

    /// <summary>Number of rates.</summary>
    [CName("num_sampling_rates"), FieldOffset(72)]
    public ulong NumSamplingRates;
}
