using XePt.Clocks;
using XePt.Fences;

namespace XePt;

/// <summary>
/// The monotonic clock of a device, in nanoseconds: time-outs are measured by it and events can be put on it. It has no thread of its own:
/// what is due happens when somebody advances it (<see cref="VirtualClock"/>) or lets it look (<see cref="RunDue"/>).
/// </summary>
/// <remarks>Concurrency: any thread reads, schedules and lets it look; one timer fires on one thread. Who sleeps until the next event puts
/// himself on the list of sleepers before he asks when that is; who schedules an earlier one looks at the list afterwards. Both enter the
/// gate of the timers between, so either the one sees the event or the other the sleeper.</remarks>
public abstract class XeClock
{
    private readonly TimerQueue _timers = new();
    private readonly SleeperList _sleepers = new();

    private protected XeClock()
    {
    }

    /// <summary>Nanoseconds in a millisecond.</summary>
    internal const long Millisecond = 1_000_000;

    /// <summary>Nanoseconds since some fixed point; never falls.</summary>
    public abstract long Now { get; }

    /// <summary>When the earliest event is due; <see cref="long.MaxValue"/> without any.</summary>
    public long NextDue => _timers.NextDue;

    /// <summary>Puts an event on the clock: a simulator's own completions, for example. Events due at the same time happen in the order
    /// they were put on; one that is due already happens at the next look.</summary>
    /// <param name="due">Time in ns of this clock.</param>
    /// <param name="happen">Runs on the thread that advances the clock or lets it look; must not wait.</param>
    public void At(long due, Action happen)
    {
        ArgumentNullException.ThrowIfNull(happen);
        Schedule(new ActionTimer(happen), due);
    }

    /// <summary>Lets everything happen that is due by now.</summary>
    /// <returns>How many events that was.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<c>XeVm.VisitTables</c>): events may make any call.</exception>
    public int RunDue()
    {
        WriterGate.ThrowIfInside();
        return RunUntil(Now);
    }

    /// <summary>Lets time pass for a thread that has nothing better to do, perhaps inside a VM: a virtual clock goes on, the system's is
    /// slept on.</summary>
    internal abstract void Pause(long nanoseconds);

    /// <summary>Puts a timer on the clock, and wakes who sleeps until a later one.</summary>
    internal void Schedule(ClockTimer timer, long due)
    {
        if (_timers.Add(timer, due))
            _sleepers.WakeAll();
    }

    /// <summary>Until <see cref="StopSleeping"/>, <see cref="ClockTimer.Fire"/> is called whenever <see cref="NextDue"/> comes closer, by
    /// the thread that schedules, inside a gate: it may wake the sleeper and nothing else.</summary>
    internal void StartSleeping(ClockTimer sleeper) => _sleepers.Add(sleeper);

    internal void StopSleeping(ClockTimer sleeper) => _sleepers.Remove(sleeper);

    /// <summary>False when it has fired, is about to, or is not on the clock.</summary>
    internal bool Cancel(ClockTimer timer) => _timers.Remove(timer);

    private protected int RunUntil(long time)
    {
        int count = 0;
        for (; _timers.TakeDue(time) is { } timer; count++)
            timer.Fire();
        return count;
    }

    private sealed class ActionTimer(Action happen) : ClockTimer
    {
        public override void Fire() => happen();
    }

    /// <summary>For example <c>0x2540be400 ns</c>, the time now.</summary>
    public override string ToString() => $"0x{Now:x} ns";
}
