using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of EXEC_QUEUE_DESTROY.</summary>
[CName("drm_xe_exec_queue_destroy")]
[Ioctl(0x07, IoctlDirection.Write, "DRM_IOCTL_XE_EXEC_QUEUE_DESTROY")]
[UapiStruct(Size = 24)]
[StructLayout(LayoutKind.Explicit, Size = 24)]
public partial struct DrmXeExecQueueDestroy
{
    /// <summary>The exec queue.</summary>
    [CName("exec_queue_id"), FieldOffset(0)]
    public uint ExecQueueId;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(4)]
    public uint Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(8)]
    public UInt64x2 Reserved;
}
