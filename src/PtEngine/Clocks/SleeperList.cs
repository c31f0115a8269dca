using XePt.Memory;

namespace XePt.Clocks;

/// <summary>Threads that sleep until a clock's next event, to be woken when an earlier one comes.</summary>
/// <remarks>Concurrency: the gate owns the links. Sleepers are told inside it, so none is told after it has left; telling one is to wake it
/// and nothing else. Linked through the sleepers, because waits must not allocate.</remarks>
internal sealed class SleeperList
{
    private SpinGate _gate;
    private ClockTimer? _first;

    public void Add(ClockTimer sleeper)
    {
        _gate.Enter();
        sleeper.NextSleeper = _first;
        if (_first is not null)
            _first.PreviousSleeper = sleeper;
        Volatile.Write(ref _first, sleeper);
        _gate.Exit();
    }

    public void Remove(ClockTimer sleeper)
    {
        _gate.Enter();
        if (sleeper.NextSleeper is { } next)
            next.PreviousSleeper = sleeper.PreviousSleeper;
        if (sleeper.PreviousSleeper is { } previous)
            previous.NextSleeper = sleeper.NextSleeper;
        else
            Volatile.Write(ref _first, sleeper.NextSleeper);
        (sleeper.NextSleeper, sleeper.PreviousSleeper) = (null, null);
        _gate.Exit();
    }

    public void WakeAll()
    {
        if (Volatile.Read(ref _first) is null)
            return;

        _gate.Enter();
        for (ClockTimer? sleeper = _first; sleeper is not null; sleeper = sleeper.NextSleeper)
            sleeper.Fire();
        _gate.Exit();
    }
}
