using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of EXEC_QUEUE_CREATE (02 section 7).</summary>
[CName("drm_xe_exec_queue_create")]
[Ioctl(0x06, IoctlDirection.ReadWrite, "DRM_IOCTL_XE_EXEC_QUEUE_CREATE")]
[UapiStruct(Size = 48)]
[StructLayout(LayoutKind.Explicit, Size = 48)]
public partial struct DrmXeExecQueueCreate
{
    /// <summary>Head of an extension chain, or 0 (UAPI-001).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>Number of batches that run in parallel.</summary>
    [CName("width"), FieldOffset(8)]
    public ushort Width;

    /// <summary>Number of placements to choose from.</summary>
    [CName("num_placements"), FieldOffset(10)]
    public ushort NumPlacements;

    /// <summary>The VM that the queue belongs to.</summary>
    [CName("vm_id"), FieldOffset(12)]
    public uint VmId;

    /// <summary>Creation flags.</summary>
    [CName("flags"), FieldOffset(16)]
    public ExecQueueCreateFlags Flags;

    /// <summary>Out: the id, at least 1.</summary>
    [CName("exec_queue_id"), FieldOffset(20)]
    public uint ExecQueueId;

    /// <summary>User address of width × placements <see cref="DrmXeEngineClassInstance"/> entries.</summary>
    [CName("instances"), FieldOffset(24)]
    [UserArray(typeof(DrmXeEngineClassInstance), nameof(Width), nameof(NumPlacements), Most = XeLimits.MaxEngineInstances,
        Unreadable = nameof(Refusals.QueueCreateInstancesAreUnreadable))]
    public ulong Instances;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(32)]
    public UInt64x2 Reserved;
}
