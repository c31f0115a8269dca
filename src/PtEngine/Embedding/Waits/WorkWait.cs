using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>A pump's wait for work: until something is ready, the pump is cancelled, or the device ends.</summary>
internal sealed class WorkWait(XeDevice device) : PendingWait(device), IReturnable<WorkWait>
{
    private WorkWait? _nextReturned;
    private CancellationToken _cancellation;

    public ref WorkWait? NextReturned => ref _nextReturned;

    // It has no deadline, and is never asked for alone.
    public override Rejection TimedOut => Refusals.WaitClientIsClosed(0);

    public override Rejection NeverEnds => Refusals.WaitClientIsClosed(0);

    public static WorkWait Begin(XeDevice device, CancellationToken cancellation)
    {
        WorkWait wait = device.Waits.Pumps.Rent() ?? new WorkWait(device);
        wait.Begin(device.Ended, Endless);
        wait._cancellation = cancellation;
        return wait;
    }

    /// <summary>The token wakes the wait from now on, until the registration is disposed.</summary>
    public CancellationTokenRegistration WakeWhenCancelled() =>
        _cancellation.UnsafeRegister(static wait => ((WorkWait)wait!).Wake(), this);

    protected override bool IsMet() => Device.Scheduler.HasReady || _cancellation.IsCancellationRequested;

    protected override bool WatchAll() => Watch(Device.Scheduler.NextWork);

    protected override void ReturnToPool()
    {
        _cancellation = default;
        Device.Waits.Pumps.Return(this);
    }
}
