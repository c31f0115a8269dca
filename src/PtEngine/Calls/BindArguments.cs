using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Commit;
using XePt.Uapi;

namespace XePt.Calls;

/// <summary>What is wrong with the queue that a VM_BIND names.</summary>
internal enum BindQueueFault : byte
{
    None,

    /// <summary>No queue has this id (BIND-043).</summary>
    Unknown,

    /// <summary>It is an engine queue (BIND-106).</summary>
    NotABindQueue,

    /// <summary>It belongs to another VM (BIND-107).</summary>
    OfOtherVm,
}

/// <summary>A VM_BIND as it comes in, its user arrays at hand. Arrays that are shorter than their counts could not be read (-EFAULT).
/// Filled in where it lies.</summary>
internal ref struct BindArguments
{
    /// <summary>Who calls.</summary>
    public BindClient Client;

    /// <summary>The call; its pointers are not followed.</summary>
    public ref readonly DrmXeVmBind Args;

    /// <summary>The ops, at most <c>num_binds</c>.</summary>
    public ReadOnlySpan<DrmXeVmBindOp> Ops;

    /// <summary>The sync entries.</summary>
    public ReadOnlySpan<DrmXeSync> Syncs;

    /// <summary>The bind queue that the call names, null for the VM's own.</summary>
    public BindQueue? Queue;

    /// <summary>What is wrong with the queue; looked up beforehand, refused in its turn.</summary>
    public BindQueueFault QueueFault;

    /// <summary>One op without flags, and nothing besides.</summary>
    public readonly bool IsPlain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((Args.NumBinds ^ 1) | Args.NumSyncs | Args.ExecQueueId) == 0 && Ops.Length == 1
            && MemoryMarshal.GetReference(Ops).Flags == 0;
    }

    /// <summary>Several such ops, all of them at hand.</summary>
    public readonly bool IsPlainArray =>
        Args.NumBinds > 1 && (Args.NumSyncs | Args.ExecQueueId) == 0 && (uint)Ops.Length == Args.NumBinds && HaveNoFlags(Ops);

    private static bool HaveNoFlags(ReadOnlySpan<DrmXeVmBindOp> ops)
    {
        VmBindFlags any = 0;
        foreach (ref readonly DrmXeVmBindOp op in ops)
            any |= op.Flags;
        return any == 0;
    }
}
