using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of VM_BIND: zero, one or many operations on one VM, with syncs.</summary>
[CName("drm_xe_vm_bind")]
[Ioctl(0x05, IoctlDirection.Write, "DRM_IOCTL_XE_VM_BIND")]
[UapiStruct(Size = 136)]
[StructLayout(LayoutKind.Explicit, Size = 136)]
public partial struct DrmXeVmBind
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The VM.</summary>
    [CName("vm_id"), FieldOffset(8)]
    public uint VmId;

    /// <summary>Bind queue; 0 is the default queue of the VM.</summary>
    [CName("exec_queue_id"), FieldOffset(12)]
    public uint ExecQueueId;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(16)]
    public uint Pad;

    /// <summary>Number of operations: 0, 1 or more.</summary>
    [CName("num_binds"), FieldOffset(20)]
    public uint NumBinds;

    /// <summary>The operation, when there is at most one.</summary>
    [CName("bind"), FieldOffset(24), Union("binds")]
    public DrmXeVmBindOp Bind;

    /// <summary>User address of an array of <see cref="DrmXeVmBindOp"/>, when there are more.</summary>
    [CName("vector_of_binds"), FieldOffset(24), Union("binds")]
    [UserArray(typeof(DrmXeVmBindOp), nameof(NumBinds), Most = XeLimits.MostBinds, OneIsInline = true,
        TooMany = nameof(Refusals.VmBindVectorIsTooLarge), Unreadable = nameof(Refusals.VmBindVectorIsUnreadable))]
    public ulong VectorOfBinds;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad2"), FieldOffset(104)]
    public uint Pad2;

    /// <summary>Number of sync entries, at most <see cref="XeConstants.MaxSyncs"/>.</summary>
    [CName("num_syncs"), FieldOffset(108)]
    public uint NumSyncs;

    /// <summary>User address of an array of <see cref="DrmXeSync"/>.</summary>
    [CName("syncs"), FieldOffset(112)]
    [UserArray(typeof(DrmXeSync), nameof(NumSyncs), Most = XeConstants.MaxSyncs, Unreadable = nameof(Refusals.SyncIsUnreadable))]
    public ulong Syncs;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(120)]
    public UInt64x2 Reserved;
}
