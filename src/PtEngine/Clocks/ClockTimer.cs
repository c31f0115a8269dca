namespace XePt.Clocks;

/// <summary>Something to be done once when a clock reaches a point in time. May be scheduled again after it fired or was
/// cancelled.</summary>
/// <remarks>Concurrency: the clock's gate owns the internal fields; <see cref="Fire"/> runs outside it, on the thread that advanced or
/// polled the clock.</remarks>
internal abstract class ClockTimer
{
    public const int NotScheduled = -1;

    /// <summary>When it is due, in ns of the clock.</summary>
    public long Due;

    /// <summary>Order of registration, which decides between timers due at the same time.</summary>
    public ulong Order;

    /// <summary>Place in the clock's heap, or <see cref="NotScheduled"/>.</summary>
    public int Place = NotScheduled;

    /// <summary>Neighbours among the sleepers of a clock; their list's gate owns them.</summary>
    public ClockTimer? NextSleeper;
    public ClockTimer? PreviousSleeper;

    /// <summary>The time has come. Short, never waits.</summary>
    public abstract void Fire();
}
