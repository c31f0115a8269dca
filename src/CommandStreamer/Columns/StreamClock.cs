namespace XePt.Streaming;

/// <summary>The time as a context sees it, in ticks of the GT's reference clock: the device's, and that in which it was running
/// itself.</summary>
internal sealed class StreamClock(XeClock clock, uint hertz, int timestampBits)
{
    private long _before;
    private long _since = NotRunning;

    private const long NotRunning = -1;

    /// <summary>Ticks of the device, cut to the width of its counter.</summary>
    public ulong Ticks => TicksOf(clock.Now) & (timestampBits >= 64 ? ulong.MaxValue : (1UL << timestampBits) - 1);

    /// <summary>Ticks in which the context was on its engine.</summary>
    public ulong ContextTicks => TicksOf(_before + (_since == NotRunning ? 0 : clock.Now - _since));

    /// <summary>The context goes on its engine.</summary>
    public void Start()
    {
        if (_since == NotRunning)
            _since = clock.Now;
    }

    /// <summary>And leaves it.</summary>
    public void Stop()
    {
        if (_since == NotRunning)
            return;
        _before += clock.Now - _since;
        _since = NotRunning;
    }

    private ulong TicksOf(long nanoseconds) => (ulong)((UInt128)(ulong)nanoseconds * hertz / 1_000_000_000);
}
