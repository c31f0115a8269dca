using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What the info request of an OA stream writes; XePt has no streams.</summary>
[CName("drm_xe_oa_stream_info")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeOaStreamInfo
{
    /// <summary>Head of an extension chain, or 0.</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Bytes of the buffer.</summary>
    [CName("oa_buf_size"), FieldOffset(8)]
    public ulong OaBufSize;

    /// <summary>Reserved; zero.</summary>
    [CName("reserved"), FieldOffset(16)]
    public UInt64x3 Reserved;
}
