using XePt.Commit;
using XePt.Uapi;

namespace XePt.Calls;

/// <summary>A VM_BIND as it comes in, its user arrays at hand. Arrays that are shorter than their counts could not be read (-EFAULT).</summary>
/// <param name="client">Who calls.</param>
/// <param name="args">The call; its pointers are not followed.</param>
/// <param name="ops">The ops, at most <c>num_binds</c>.</param>
/// <param name="syncs">The sync entries.</param>
/// <param name="queue">The bind queue that the call names, null for the VM's own.</param>
/// <param name="queueRefusal">What is wrong with the queue; looked up beforehand, refused in its turn.</param>
internal readonly ref struct BindArguments(
    BindClient client, ref readonly DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> ops, ReadOnlySpan<DrmXeSync> syncs, BindQueue? queue, in Rejection queueRefusal)
{
    private readonly ref readonly DrmXeVmBind _args = ref args;

    public BindClient Client { get; } = client;

    public ref readonly DrmXeVmBind Args => ref _args;

    public ReadOnlySpan<DrmXeVmBindOp> Ops { get; } = ops;

    public ReadOnlySpan<DrmXeSync> Syncs { get; } = syncs;

    public BindQueue? Queue { get; } = queue;

    public Rejection QueueRefusal { get; } = queueRefusal;
}
