using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Payload of the PXP_STATUS query; XePt answers -ENODEV.</summary>
[CName("drm_xe_query_pxp_status")]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeQueryPxpStatus
{
    /// <summary>Out: 0 not ready yet, 1 ready.</summary>
    [CName("status"), FieldOffset(0)]
    public uint Status;

    /// <summary>Out: mask of the session types.</summary>
    [CName("supported_session_types"), FieldOffset(4)]
    public uint SupportedSessionTypes;
}
