using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of WAIT_USER_FENCE: wait until a 64-bit memory word compares as asked.</summary>
[CName("drm_xe_wait_user_fence")]
[Ioctl(0x0a, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_WAIT_USER_FENCE")]
[UapiStruct(Size = 72)]
[StructLayout(LayoutKind.Explicit, Size = 72)]
public partial struct DrmXeWaitUserFence
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>CPU address of the word, 8-byte aligned.</summary>
    [CName("addr"), FieldOffset(8)]
    public ulong Addr;

    /// <summary>Comparison.</summary>
    [CName("op"), FieldOffset(16)]
    public UserFenceWaitOp Op;

    /// <summary>Wait flags.</summary>
    [CName("flags"), FieldOffset(18)]
    public UserFenceWaitFlags Flags;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(20)]
    public uint Pad;

    /// <summary>Right-hand side of the comparison.</summary>
    [CName("value"), FieldOffset(24)]
    public ulong Value;

    /// <summary>Bits that take part in the comparison.</summary>
    [CName("mask"), FieldOffset(32)]
    public ulong Mask;

    /// <summary>Timeout in ns; a relative one is updated to what is left.</summary>
    [CName("timeout"), FieldOffset(40)]
    public long Timeout;

    /// <summary>Exec queue whose death ends the wait; 0 for none.</summary>
    [CName("exec_queue_id"), FieldOffset(48)]
    public uint ExecQueueId;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad2"), FieldOffset(52)]
    public uint Pad2;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(56)]
    public UInt64x2 Reserved;
}
