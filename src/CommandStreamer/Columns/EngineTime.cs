using XePt.Memory;

namespace XePt.Streaming;

/// <summary>How long contexts were on engines of a class, those that are there now included. Any thread.</summary>
internal sealed class EngineTime
{
    private SpinGate _gate;
    private long _running;

    // Ends minus beginnings: that of a context that is still there lacks its end.
    private long _ended;

    /// <summary>A context goes on an engine.</summary>
    public void Start(long now) => Count(1, -now);

    /// <summary>And leaves it.</summary>
    public void Stop(long now) => Count(-1, now);

    /// <summary>The time until now, in nanoseconds.</summary>
    public long Read(long now)
    {
        _gate.Enter();
        long time = _ended + (_running * now);
        _gate.Exit();
        return time;
    }

    private void Count(int change, long time)
    {
        _gate.Enter();
        _running += change;
        _ended += time;
        _gate.Exit();
    }
}
