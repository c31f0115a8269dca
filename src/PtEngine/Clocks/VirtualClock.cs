using XePt.Fences;

namespace XePt;

/// <summary>
/// A clock that stands still until it is advanced, by the embedder or by a wait of an inline device: runs are the same every time. The
/// default.
/// </summary>
/// <remarks>Concurrency: any thread advances; the time only rises, by an interlocked exchange.</remarks>
public sealed class VirtualClock : XeClock
{
    private long _now;

    /// <inheritdoc/>
    public override long Now => Volatile.Read(ref _now);

    /// <summary>Lets time pass; events happen at their own time on the way.</summary>
    /// <param name="nanoseconds">How much, at least 0.</param>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<c>XeVm.VisitTables</c>): events may make any call.</exception>
    public void Advance(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        long now = Now;
        AdvanceTo(nanoseconds > long.MaxValue - now ? long.MaxValue : now + nanoseconds);
    }

    /// <summary>Lets time pass up to a point; a point in the past only runs what is due.</summary>
    /// <param name="time">Time in ns.</param>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<c>XeVm.VisitTables</c>): events may make any call.</exception>
    public void AdvanceTo(long time)
    {
        WriterGate.ThrowIfInside();
        time = Math.Max(time, Now);
        for (long due = NextDue; due <= time && due != long.MaxValue; due = NextDue)
        {
            Raise(due);
            RunUntil(due);
        }

        Raise(time);
    }

    /// <inheritdoc/>
    internal override void Pause(long nanoseconds)
    {
        // Inside a VM events cannot happen; they do when somebody looks.
        if (WriterGate.IsAnyHeldHere)
            Raise(Now + nanoseconds);
        else
            Advance(nanoseconds);
    }

    private void Raise(long time)
    {
        for (long seen = Now; seen < time;)
        {
            long found = Interlocked.CompareExchange(ref _now, time, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
