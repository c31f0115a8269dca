using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>An engine queue that stops when the test lets it, and records what it is told.</summary>
internal sealed class FakeQueue : IPreemptibleQueue
{
    private readonly FenceTimeline _stops = new("stops");

    public uint Id => 1;

    public bool IsIdle { get; set; }

    /// <summary>It stops as soon as it is asked to.</summary>
    public bool StopsAtOnce { get; set; } = true;

    public List<string> Log { get; } = [];

    public bool IsStopped { get; private set; }

    public Fence Suspend()
    {
        Assert.False(WriterGate.IsAnyHeldHere && !IsIdle, "a queue with jobs is only stopped from inside no VM");
        if (!IsStopped)
            Log.Add("suspend");
        IsStopped = true;
        Fence stop = _stops.Next();
        if (StopsAtOnce)
            stop.TrySignal();
        return stop;
    }

    public void Resume()
    {
        Assert.False(WriterGate.IsAnyHeldHere);
        Assert.True(IsStopped);
        Log.Add("resume");
        IsStopped = false;
    }

    public void Kill(Errno error)
    {
        Assert.False(WriterGate.IsAnyHeldHere);
        Log.Add($"kill {error}");
    }

    /// <summary>What it was asked to do is done, or failed.</summary>
    public void Stop(Errno error = Errno.Ok) => _stops.At(_stops.Issued).TrySignal(error);
}
