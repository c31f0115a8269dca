using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of EXEC_QUEUE_SET_PROPERTY.</summary>
[CName("drm_xe_exec_queue_set_property")]
[Ioctl(0x0e, IoctlDirection.Write, "DRM_IOCTL_XE_EXEC_QUEUE_SET_PROPERTY")]
[UapiStruct(Size = 40)]
[StructLayout(LayoutKind.Explicit, Size = 40)]
public partial struct DrmXeExecQueueSetProperty
{
    /// <summary>Never read (UAPI-003).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The exec queue.</summary>
    [CName("exec_queue_id"), FieldOffset(8)]
    public uint ExecQueueId;

    /// <summary>The property to set; only <see cref="ExecQueueProperty.MultiQueuePriority"/> is accepted.</summary>
    [CName("property"), FieldOffset(12)]
    public ExecQueueProperty Property;

    /// <summary>The value, 0 to 2.</summary>
    [CName("value"), FieldOffset(16)]
    public ulong Value;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(24)]
    public UInt64x2 Reserved;
}
