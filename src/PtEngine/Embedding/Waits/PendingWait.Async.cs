using System.Threading.Tasks.Sources;
using XePt.Fences;
using XePt.Uapi;

namespace XePt;

/// <remarks>
/// Concurrency of awaiting: a wake-up runs the steps of the wait on the waking thread. The counter of wake-ups lets one thread at a time do so: who
/// raises it from zero steps until it has seen all that came meanwhile. The result is handed over after that, as the last access, because the
/// awaiting side may then use the object for its next wait. A stale wake-up finds the wait closed, or steps the new one, which is always allowed.
/// </remarks>
internal abstract partial class PendingWait : IValueTaskSource<Errno>, IThreadWork
{
    private ManualResetValueTaskSourceCore<Errno> _core = new() { RunContinuationsAsynchronously = false };
    private bool _isAsync;
    private bool _isOpen;
    private int _wakes;
    private Exception? _failure;

    /// <summary>Starts to wait without blocking. Nothing but fences, words in memory and the clock ends it; ready work is run once, at the start.</summary>
    public ValueTask<Errno> RunAsync()
    {
        _isAsync = true;
        _failure = null;
        if (Check() || (device.RunReadyWork() && Check()))
            return EndNow(Result);
        if (Deadline <= device.Clock.Now)
            return EndNow(TimedOut);

        var task = new ValueTask<Errno>(this, _core.Version);
        if (Deadline != Endless)
            device.Clock.Schedule(this, Deadline);
        Volatile.Write(ref _isOpen, true);
        Drain();
        return task;
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
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<Errno>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Errno>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    IThreadWork? IThreadWork.NextWork { get; set; }

    bool IThreadWork.IsOfClient => true;

    /// <summary>Hands the result over. The continuation is the client's code.</summary>
    void IThreadWork.Run()
    {
        if (_failure is { } failure)
            _core.SetException(failure);
        else
            _core.SetResult(Result.Errno);
    }

    private ValueTask<Errno> EndNow(in Rejection why)
    {
        Errno result = why.Errno;
        Recycle();
        return new ValueTask<Errno>(result);
    }

    private void Drain()
    {
        if (Interlocked.Increment(ref _wakes) != 1)
            return;

        bool hasEnded = false;
        int seen;
        do
        {
            seen = Volatile.Read(ref _wakes);
            hasEnded |= Volatile.Read(ref _isOpen) && TryStep();
        }
        while (Interlocked.CompareExchange(ref _wakes, 0, seen) != seen);

        if (hasEnded)
            ThreadJobs.Own.Do(this);
    }

    /// <summary>What the embedder's memory throws when it is looked at ends the wait, which throws it.</summary>
    private bool TryStep()
    {
        try
        {
            return Step();
        }
        catch (Exception thrown)
        {
            _failure = thrown;
            return Close();
        }
    }

    /// <summary>Looks, and hangs on the fences of what is still missing; true when the wait has ended.</summary>
    private bool Step()
    {
        do
        {
            Unwatch();
            if (HasEnded())
                return Close();
        }
        while (!WatchEnds());
        return HasEnded() && Close();
    }

    private bool HasEnded()
    {
        if (Check())
            return true;
        if (Deadline > device.Clock.Now)
            return false;
        Result = TimedOut;
        return true;
    }

    private bool Close()
    {
        Volatile.Write(ref _isOpen, false);
        device.Clock.Cancel(this);
        Unwatch();
        return true;
    }
}
