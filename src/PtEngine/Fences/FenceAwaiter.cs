using System.Threading.Tasks.Sources;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>One await of a fence: a pooled source of a <see cref="ValueTask{TResult}"/>, so that awaiting costs no task.</summary>
/// <remarks>Concurrency: the node is rented by the awaiting thread, completed by the signalling one and goes back to the pool of whichever
/// thread reads the result; each thread has a pool of its own, so no node is shared between two renters.</remarks>
internal sealed class FenceAwaiter : FenceCallback, IValueTaskSource<Errno>
{
    private const int MostPooled = 32;

    [ThreadStatic]
    private static FenceAwaiter? s_free;

    [ThreadStatic]
    private static int s_freeCount;

    private ManualResetValueTaskSourceCore<Errno> _core = new() { RunContinuationsAsynchronously = false };
    private FenceAwaiter? _nextFree;

    /// <summary>Starts waiting; completes synchronously when the fence has signalled.</summary>
    public static ValueTask<Errno> Wait(Fence fence)
    {
        if (fence.IsSignalled)
            return new ValueTask<Errno>(fence.Error);

        FenceAwaiter awaiter = Rent();
        if (fence.TryAdd(awaiter))
            return new ValueTask<Errno>(awaiter, awaiter._core.Version);
        awaiter.Return();
        return new ValueTask<Errno>(fence.Error);
    }

    Errno IValueTaskSource<Errno>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Return();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Errno>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Errno>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    protected override void Fire(Errno error) => _core.SetResult(error);

    private static FenceAwaiter Rent()
    {
        if (s_free is not { } awaiter)
            return new FenceAwaiter();

        s_free = awaiter._nextFree;
        s_freeCount--;
        return awaiter;
    }

    private void Return()
    {
        _core.Reset();
        if (s_freeCount == MostPooled)
            return;
        _nextFree = s_free;
        s_free = this;
        s_freeCount++;
    }
}
