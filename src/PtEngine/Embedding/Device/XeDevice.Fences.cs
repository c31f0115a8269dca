using XePt.Fences;
using XePt.Memory;

namespace XePt;

// Time, fences of the embedder, and the work that fences make ready.
public sealed partial class XeDevice
{
    private readonly Dictionary<string, FencePool> _fencePools = [];
    private SpinGate _fencePoolsGate;
    private Action? _userFenceWritten;

    /// <summary>The clock that time-outs of this device are measured by.</summary>
    public XeClock Clock { get; }

    /// <summary>Makes fences of timeline points that several fences stand for.</summary>
    internal FenceComposites Points { get; } = new(new LegPool(), "timeline point");

    /// <summary>Wakes those who wait for a word in memory or for an event of a queue.</summary>
    internal Wakeups UserFenceWakeups { get; } = new("user fences");

    /// <summary>Wakes them; for who writes user fences.</summary>
    internal Action UserFenceWritten => _userFenceWritten ??= UserFenceWakeups.Notify;

    /// <summary>The waits of clients, for use again.</summary>
    internal WaitPools Waits { get; } = new();

    /// <summary>A new pending fence that signals independently of all others; <see cref="Fence.TrySignal"/> signals it. Any
    /// thread.</summary>
    /// <param name="name">What it stands for, for people. Fences of one name share a pool, so names should be few.</param>
    public Fence CreateFence(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        _fencePoolsGate.Enter();
        if (!_fencePools.TryGetValue(name, out FencePool? pool))
            _fencePools[name] = pool = new FencePool(name);
        Fence fence = pool.Create();
        _fencePoolsGate.Exit();
        return fence;
    }

    /// <summary>Runs work whose dependencies have signalled; false when there was none.</summary>
    internal bool RunReadyWork()
    {
        bool hasRun = ThreadJobs.Own.RunBeforeBlocking();
        return Scheduler.Pump(int.MaxValue) != 0 || hasRun;
    }

    /// <summary>Waits for invalidations that wait for accesses in the middle of a page, which end by themselves and by no clock.</summary>
    /// <returns>False when there are none.</returns>
    internal bool TryAwaitAccesses()
    {
        if (!Accesses.Gate.HoldsUp)
            return false;
        if (Tlb.IsOwed)
            Tlb.WaitForIssued();
        else
            Thread.Yield();
        return true;
    }

    /// <summary>A change of a process's pages waits for what devices still do with them, by the rule of every blocking wait
    /// (<see cref="DeviceWait"/>), but for TLBs in real time, as a zap does: calls of an inline device may be made by several threads, and
    /// one of them may be in the middle of an access to these very pages. Alone, with nothing left that could signal the fence, it goes on
    /// all the same: nobody would ever end the wait.</summary>
    internal void WaitForChange(Fence gone)
    {
        if (gone.IsSignalled)
            return;
        ChangeWait wait = ChangeWait.Begin(this, gone);
        while (!wait.Check() && TryGoOnGuarded(wait, gone))
        {
        }

        wait.Recycle();
        ThreadJobs.Own.RunIfFree();
    }

    /// <summary>What a job or an event throws meanwhile leaves the call when the wait is over: a device may still reach the
    /// pages.</summary>
    private bool TryGoOnGuarded(ChangeWait wait, Fence gone)
    {
        try
        {
            return TryGoOn(wait, gone);
        }
        catch (Exception thrown)
        {
            Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
            return true;
        }
    }

    /// <summary>Brings a change's wait nearer to its end; false when nothing can.</summary>
    private bool TryGoOn(ChangeWait wait, Fence gone)
    {
        if (RunReadyWork() | (Clock.RunDue() != 0))
            return true;
        if (Options.WaitsForOtherThreads)
            wait.Block();
        else if (!Options.SingleThreaded && Tlb.IsOwed)
            AwaitTlbs(gone);
        else if (Clock.NextDue == long.MaxValue)
            return false;
        else if (Clock is VirtualClock clock)
            clock.AdvanceTo(clock.NextDue);
        else
            wait.Block();
        return true;
    }

    // What other threads have acknowledged reaches the fence a moment later.
    private void AwaitTlbs(Fence gone)
    {
        Tlb.WaitForIssued();
        gone.Wait(TimeSpan.FromMilliseconds(100));
    }
}
