using System.Threading.Tasks.Sources;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>One await of a fence: a pooled source of a <see cref="ValueTask{TResult}"/>, so that awaiting costs no task.</summary>
/// <remarks>Concurrency: the node is rented by the awaiting thread, completed by the signalling one and goes back to the pool when the result is read,
/// on whichever thread. The pool is shared by all threads: awaiting on one and signalling on another must not drain one side.</remarks>
internal sealed class FenceAwaiter : FenceCallback, IValueTaskSource<Errno>, IReturnable<FenceAwaiter>, IThreadWork
{
    private static SharedPool<FenceAwaiter> s_idle;

    private ManualResetValueTaskSourceCore<Errno> _core = new() { RunContinuationsAsynchronously = false };

    private Errno _error;

    public FenceAwaiter? NextReturned { get; set; }

    /// <summary>Starts waiting; completes synchronously when the fence has signalled.</summary>
    public static ValueTask<Errno> Wait(Fence fence)
    {
        if (fence.IsSignalled)
            return new ValueTask<Errno>(fence.Error);

        FenceAwaiter awaiter = s_idle.Rent() ?? new FenceAwaiter();
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

    IThreadWork? IThreadWork.NextWork { get; set; }

    bool IThreadWork.IsOfClient => true;

    void IThreadWork.Run() => _core.SetResult(_error);

    /// <summary>The continuation is the client's code.</summary>
    protected override void Fire(Errno error)
    {
        _error = error;
        ThreadJobs.Own.Do(this);
    }

    private void Return()
    {
        _core.Reset();
        s_idle.Return(this);
    }
}
