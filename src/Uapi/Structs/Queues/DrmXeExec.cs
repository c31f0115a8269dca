using System.Runtime.InteropServices;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Argument of EXEC: one job on an exec queue.</summary>
[CName("drm_xe_exec")]
[Ioctl(0x09, IoctlDirection.Write, "DRM_IOCTL_XE_EXEC")]
[UapiStruct(Size = 56)]
[StructLayout(LayoutKind.Explicit, Size = 56)]
public partial struct DrmXeExec
{
    /// <summary>Must be zero, else -EINVAL (UAPI-002).</summary>
    [CName("extensions"), FieldOffset(0)]
    public ulong Extensions;

    /// <summary>The exec queue.</summary>
    [CName("exec_queue_id"), FieldOffset(8)]
    public uint ExecQueueId;

    /// <summary>Number of sync entries, at most <see cref="XeConstants.MaxSyncs"/>.</summary>
    [CName("num_syncs"), FieldOffset(12)]
    public uint NumSyncs;

    /// <summary>User address of an array of <see cref="DrmXeSync"/>.</summary>
    [CName("syncs"), FieldOffset(16)]
    [UserArray(typeof(DrmXeSync), nameof(NumSyncs), Most = XeConstants.MaxSyncs, Unreadable = nameof(Refusals.SyncIsUnreadable))]
    public ulong Syncs;

    /// <summary>GPU VA of the batch, or user address of an array with one VA per queue width.</summary>
    [CName("address"), FieldOffset(24)]
    [UserArray(typeof(ulong), nameof(NumBatchBuffer), Most = XeLimits.MaxEngineInstances, OneIsInline = true,
        Unreadable = nameof(Refusals.ExecAddressesAreUnreadable))]
    public ulong Address;

    /// <summary>Number of batches: 0, or the width of the queue.</summary>
    [CName("num_batch_buffer"), FieldOffset(32)]
    public ushort NumBatchBuffer;

    /// <summary>Padding; must be zero, else -EINVAL.</summary>
    [CName("pad"), FieldOffset(34)]
    public UInt16x3 Pad;

    /// <summary>Reserved; must be zero, else -EINVAL.</summary>
    [CName("reserved"), FieldOffset(40)]
    public UInt64x2 Reserved;
}
