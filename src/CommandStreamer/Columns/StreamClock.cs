namespace XePt.Streaming;

/// <summary>The time as a context sees it, in ticks of the GT's reference clock: the device's, and that in which it was running
/// itself.</summary>
/// <param name="clock">The device's.</param>
/// <param name="hertz">Of the reference clock.</param>
/// <param name="timestampBits">Width of the device's counter.</param>
/// <param name="account">What the client's contexts have used of their engines, this one included.</param>
internal sealed class StreamClock(XeClock clock, uint hertz, int timestampBits, EngineTime account)
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
        if (_since != NotRunning)
            return;
        _since = clock.Now;
        account.Start(_since);
    }

    /// <summary>And leaves it.</summary>
    public void Stop()
    {
        if (_since == NotRunning)
            return;
        long now = clock.Now;
        _before += now - _since;
        _since = NotRunning;
        account.Stop(now);
    }

    private ulong TicksOf(long nanoseconds) => (ulong)((UInt128)(ulong)nanoseconds * hertz / 1_000_000_000);
}
