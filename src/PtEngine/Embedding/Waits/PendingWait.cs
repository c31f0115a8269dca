using XePt.Clocks;
using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>
/// Something a client or a pump waits for, blocking (<see cref="DeviceWait"/>) or awaiting it (<see cref="RunAsync"/>). It can be looked at
/// as often as one likes; fences tell when looking again may help. Pooled.
/// </summary>
/// <remarks>Concurrency: hang on the fences first, then look once more, then sleep: what happens before the look is seen by it, what
/// happens after it fires a leg. Any thread wakes; a wake-up without a cause only costs a look, so wake-ups that come late, even when the
/// object serves another wait by then, do no harm. The monitor is held for setting and testing one flag. Every wait also hangs on the end
/// of its client or device, so none outlives that.</remarks>
internal abstract partial class PendingWait(XeDevice device) : ClockTimer
{
    /// <summary>Deadline of a wait that no clock ends.</summary>
    public const long Endless = long.MaxValue;

    // A deadline this far off is meant to be none: 146 years.
    private const long LatestDeadline = 1L << 62;

    private readonly object _monitor = new();
    private WaitLeg[] _legs = new WaitLeg[4];
    private int _legCount;
    private bool _isWoken;
    private long _deadline;
    private Fence _end;
    private XeFile? _client;

    /// <summary>When the wait gives up, by the device's clock.</summary>
    public long Deadline
    {
        get => _deadline;
        private set => _deadline = value >= LatestDeadline ? Endless : value;
    }

    /// <summary>How it ended: not rejected, or why it failed.</summary>
    public Rejection Result { get; protected set; }

    /// <summary>The refusal when the time is over.</summary>
    public abstract Rejection TimedOut { get; }

    /// <summary>The refusal when nothing can end it.</summary>
    public abstract Rejection NeverEnds { get; }

    public XeDevice Device => device;

    /// <summary>Looks at what is waited for, and whether who waits is still there; true when the wait has ended with <see cref="Result"/>.
    /// What is waited for wins over the end of the client, which may have brought it about.</summary>
    public bool Check()
    {
        bool isOver = _end.IsSignalled;
        if (IsMet())
            return true;
        if (isOver)
            Result = Refusals.WaitClientIsClosed(0);
        return isOver;
    }

    /// <summary>Lets go of everything and returns to the pool.</summary>
    public void Recycle()
    {
        _end = default;
        _client = null;
        ReturnToPool();
    }

    /// <summary>Looks again: from any thread, as often as one likes.</summary>
    public void Wake()
    {
        if (_isAsync)
        {
            Drain();
            return;
        }

        lock (_monitor)
        {
            _isWoken = true;
            Monitor.Pulse(_monitor);
        }
    }

    public sealed override void Fire() => Wake();

    /// <summary>Blocks until something has happened, or the clock's next event or the deadline is due.</summary>
    /// <returns>True when the wait has ended.</returns>
    public bool Block()
    {
        _isAsync = false;
        lock (_monitor)
            _isWoken = false;

        bool hasEnded = false;
        bool isTimed = device.Clock is VirtualClock && Deadline != Endless;
        if (isTimed)
            device.Clock.Schedule(this, Deadline);
        if (Watch(device.Scheduler.NextWork) && WatchEnds() && !device.Scheduler.HasReady)
        {
            hasEnded = Check();
            if (!hasEnded && Deadline > device.Clock.Now)
                SleepByClock();
        }

        if (isTimed)
            device.Clock.Cancel(this);
        Unwatch();
        return hasEnded;
    }

    /// <summary>Begins a wait of a client's.</summary>
    protected void Begin(XeFile client, long deadline)
    {
        Begin(client.Closed, deadline);
        _client = client;
    }

    /// <summary>Begins a wait that ends at the latest with whoever waits.</summary>
    protected void Begin(Fence end, long deadline) => (_end, Deadline, Result) = (end, deadline, default);

    /// <summary>Looks at what is waited for; true when it is there or has failed with <see cref="Result"/>.</summary>
    protected abstract bool IsMet();

    /// <summary>Hangs on every fence of what is waited for; false when one has signalled already.</summary>
    protected abstract bool WatchAll();

    /// <summary>Lets go of what is waited for and returns to the pool.</summary>
    protected abstract void ReturnToPool();

    /// <summary>Hangs on every fence that may end the wait; false when one has signalled already.</summary>
    private bool WatchEnds() => Watch(_end) && WatchAll();

    /// <summary>Hangs on a fence; false when it has signalled already.</summary>
    protected bool Watch(Fence fence)
    {
        WaitLeg leg = device.Waits.Legs.Rent() ?? new WaitLeg(device.Waits);
        leg.Aim(this);
        if (!fence.TryAdd(leg))
        {
            device.Waits.Legs.Return(leg);
            return false;
        }

        if (_legCount == _legs.Length)
            Array.Resize(ref _legs, _legCount * 2);
        _legs[_legCount++] = leg;
        return true;
    }

    /// <summary>Takes all legs back; a cancelled one returns to the pool when its fence drops it.</summary>
    private void Unwatch()
    {
        while (_legCount > 0)
        {
            WaitLeg leg = _legs[--_legCount];
            if (!leg.TryCancel())
                device.Waits.Legs.Return(leg);
        }
    }

    /// <summary>Whoever lets a virtual clock go on has what is due happen; a system clock goes on by itself, so its sleepers look when
    /// something is due.</summary>
    private void SleepByClock()
    {
        if (device.Clock is VirtualClock)
        {
            Sleep();
            return;
        }

        device.Clock.StartSleeping(this);
        SleepUntilDue();
        device.Clock.StopSleeping(this);
    }

    private void Sleep()
    {
        lock (_monitor)
        {
            while (!_isWoken)
                Monitor.Wait(_monitor);
        }
    }

    private void SleepUntilDue()
    {
        lock (_monitor)
        {
            while (!_isWoken)
            {
                long left = Math.Min(Deadline, device.Clock.NextDue) - device.Clock.Now;
                if (left <= 0)
                    return;
                Monitor.Wait(_monitor, WaitTime.ToMilliseconds(left));
            }
        }
    }
}
