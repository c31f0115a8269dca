using System.Threading.Tasks.Sources;
using XePt.Uapi;

namespace XePt.Fences;

/// <summary>What a client awaits: the source of one <see cref="ValueTask{TResult}"/> at a time, so that awaiting costs no task. Part of a
/// pooled wait.</summary>
/// <remarks>Concurrency: completed by one thread, as its last access, because the awaiting side may then use the wait for its next one. The
/// continuation is the client's
/// code, so the thread runs it when it is free to (<see cref="ThreadJobs"/>). Reading the result, on whichever thread, gives the wait
/// back.</remarks>
/// <param name="recycle">Gives the wait back to its pool.</param>
internal sealed class AwaitSource(Action recycle) : IValueTaskSource<Errno>, IThreadWork
{
    private ManualResetValueTaskSourceCore<Errno> _core = new() { RunContinuationsAsynchronously = false };
    private Errno _result;
    private Exception? _failure;

    /// <summary>To be awaited once.</summary>
    public ValueTask<Errno> Task => new(this, _core.Version);

    /// <summary>Ends the wait, with a result or with what the embedder's code has thrown.</summary>
    public void Complete(Errno result, Exception? failure = null)
    {
        (_result, _failure) = (result, failure);
        ThreadJobs.Own.Do(this);
    }

    Errno IValueTaskSource<Errno>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Errno>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Errno>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    IThreadWork? IThreadWork.NextWork { get; set; }

    bool IThreadWork.IsOfClient => true;

    void IThreadWork.Run()
    {
        if (_failure is { } failure)
            _core.SetException(failure);
        else
            _core.SetResult(_result);
    }
}
