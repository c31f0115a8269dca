using XePt.Memory;

namespace XePt.Streaming;

/// <summary>What lets jobs of a device go on by themselves: an event on its clock, which happens whenever somebody lets the clock go on (a
/// wait, a pump, the embedder), and puts the next one there while something is left to run.</summary>
/// <remarks>Concurrency: any thread; whether an event is on the clock is behind a gate. The pauses grow while jobs only wait.</remarks>
internal sealed class DeviceTicks(CommandStreamer streamer, XeClock clock)
{
    private const long ShortestPause = 1_000, LongestPause = 1_000_000;

    private SpinGate _gate;
    private bool _isOnClock;
    private long _pause = ShortestPause;

    /// <summary>Whose time it is.</summary>
    public XeClock Clock => clock;

    /// <summary>Something new is there to run.</summary>
    public void Begin()
    {
        _gate.Enter();
        _pause = ShortestPause;
        _gate.Exit();
        Put(ShortestPause);
    }

    private void Put(long pause)
    {
        _gate.Enter();
        bool puts = !_isOnClock;
        _isOnClock = true;
        _gate.Exit();
        if (puts)
            clock.At(clock.Now + pause, Tick);
    }

    private void Tick()
    {
        _gate.Enter();
        _isOnClock = false;
        _gate.Exit();
        StreamerProgress progress = streamer.RunOn(clock, CommandStreamer.TickBudget);
        if (!streamer.HasWork(clock))
            return;
        _gate.Enter();
        _pause = progress.HasProgressed ? ShortestPause : Math.Min(_pause * 2, LongestPause);
        long pause = Math.Max(_pause, progress.Instructions * streamer.Options.NanosecondsPerInstruction);
        _gate.Exit();
        Put(pause);
    }
}
