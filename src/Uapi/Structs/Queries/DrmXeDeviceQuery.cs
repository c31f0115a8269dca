using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of DEVICE_QUERY (UAPI-010, UAPI-011).</summary>
[CName("drm_xe_device_query")]
[Ioctl(0x00, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_DEVICE_QUERY")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeDeviceQuery
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>What is asked for.</summary>
    [CName("query"), FieldOffset(8)]
    public DeviceQueryId Query;

    /// <summary>Bytes of the payload: 0 asks for the size; any other value must be exact (UAPI-011).</summary>
    [CName("size"), FieldOffset(12)]
    public uint Size;

    /// <summary>User address of the payload buffer.</summary>
    [CName("data"), FieldOffset(16)]
    public ulong Data;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(24)]
    public UInt64x2 Reserved;
}
