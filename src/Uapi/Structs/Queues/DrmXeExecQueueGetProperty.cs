using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of EXEC_QUEUE_GET_PROPERTY.</summary>
[CName("drm_xe_exec_queue_get_property")]
[Ioctl(0x08, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_EXEC_QUEUE_GET_PROPERTY")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeExecQueueGetProperty
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The exec queue.</summary>
    [CName("exec_queue_id"), FieldOffset(8)]
    public uint ExecQueueId;

    /// <summary>The property to read.</summary>
    [CName("property"), FieldOffset(12)]
    public ExecQueueReadableProperty Property;

    /// <summary>Out: the value.</summary>
    [CName("value"), FieldOffset(16)]
    public ulong Value;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(24)]
    public UInt64x2 Reserved;
}
