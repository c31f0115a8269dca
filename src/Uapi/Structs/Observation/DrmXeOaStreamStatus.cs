using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What the status request of an OA stream writes; XePt has no streams.</summary>
[CName("drm_xe_oa_stream_status")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeOaStreamStatus
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>What happened.</summary>
    [CName("oa_status"), FieldOffset(8)]
    public OaStatusFlags OaStatus;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(16)]
    public UInt64x3 Reserved;
}
