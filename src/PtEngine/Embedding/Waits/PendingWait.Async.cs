using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <remarks>
/// Concurrency of awaiting: a wake-up runs the steps of the wait on the waking thread, one thread at a time (<see cref="Rounds"/>). The
/// result is handed over after that, as the last access, because the awaiting side may then use the object for its next wait. A stale
/// wake-up finds the wait closed, or steps the new one, which is always allowed.
/// </remarks>
internal abstract partial class PendingWait
{
    private AwaitSource? _source;
    private bool _isAsync;
    private bool _isOpen;
    private Rounds _wakes;
    private Exception? _failure;

    /// <summary>Starts to wait without blocking. Nothing but fences, words in memory and the clock ends it; ready work is run once, at the
    /// start.</summary>
    public ValueTask<Errno> RunAsync()
    {
        return Check() || (device.RunReadyWork() && Check()) ? EndNow(Result) : HangAsync();
    }

    /// <summary>As <see cref="RunAsync"/>, without running anything.</summary>
    public ValueTask<Errno> HangAsync()
    {
        _isAsync = true;
        _failure = null;
        if (Deadline <= device.Clock.Now)
            return EndNow(TimedOut);

        _source ??= new AwaitSource(Recycle);
        ValueTask<Errno> task = _source.Task;
        if (Deadline != Endless)
            device.Clock.Schedule(this, Deadline);
        Volatile.Write(ref _isOpen, true);
        Drain();
        return task;
    }

    private ValueTask<Errno> EndNow(in Rejection why)
    {
        Errno result = why.Errno;
        _client?.Note(why);
        Recycle();
        return new ValueTask<Errno>(result);
    }

    private void Drain()
    {
        if (!_wakes.TryBegin())
            return;

        bool hasEnded = false;
        int asked;
        do
        {
            asked = _wakes.Asked;
            hasEnded |= Volatile.Read(ref _isOpen) && TryStep();
        }
        while (!_wakes.TryEnd(asked));

        if (!hasEnded)
            return;
        // A success on another thread's way is no answer to the client's last call.
        if (Result.IsRejected)
            _client?.Note(Result);
        _source!.Complete(Result.Errno, _failure);
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
