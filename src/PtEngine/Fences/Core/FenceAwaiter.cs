using XePt.Memory;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>One await of a fence.</summary>
/// <remarks>Concurrency: the node is rented by the awaiting thread, completed by the signalling one and goes back to the pool when the
/// result is read, on whichever thread. The pool is shared by all threads: awaiting on one and signalling on another must not drain one
/// side.</remarks>
internal sealed class FenceAwaiter : FenceCallback, IReturnable<FenceAwaiter>
{
    private static SharedPool<FenceAwaiter> s_idle;

    private readonly AwaitSource _source;
    private FenceAwaiter? _nextReturned;

    private FenceAwaiter() => _source = new AwaitSource(() => s_idle.Return(this));

    public ref FenceAwaiter? NextReturned => ref _nextReturned;

    /// <summary>Starts waiting; completes synchronously when the fence has signalled.</summary>
    public static ValueTask<Errno> Wait(Fence fence)
    {
        if (fence.IsSignalled)
            return new ValueTask<Errno>(fence.Error);

        FenceAwaiter awaiter = s_idle.Rent() ?? new FenceAwaiter();
        ValueTask<Errno> task = awaiter._source.Task;
        if (fence.TryAdd(awaiter))
            return task;
        s_idle.Return(awaiter);
        return new ValueTask<Errno>(fence.Error);
    }

    protected override void Fire(Errno error) => _source.Complete(error);
}
