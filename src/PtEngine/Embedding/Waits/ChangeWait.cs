using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>The wait of a change of a process's pages for what the device still does with them. Its thread may be the only one that pumps,
/// and what is waited for may be a job that becomes ready later; so ready work wakes it, too.</summary>
internal sealed class ChangeWait(XeDevice device) : PendingWait(device), IReturnable<ChangeWait>
{
    private ChangeWait? _nextReturned;
    private Fence _gone;

    public ref ChangeWait? NextReturned => ref _nextReturned;

    // No client has asked for it, and it has no deadline.
    public override Rejection TimedOut => Refusals.WaitClientIsClosed(0);

    public override Rejection NeverEnds => Refusals.WaitClientIsClosed(0);

    public static ChangeWait Begin(XeDevice device, Fence gone)
    {
        ChangeWait wait = device.Waits.Changes.Rent() ?? new ChangeWait(device);
        wait._gone = gone;
        // Pages that a device may still reach are not given away because it ends.
        wait.Begin(end: gone, Endless);
        return wait;
    }

    protected override bool IsMet() => _gone.IsSignalled;

    /// <summary>Its end is all there is to hang on.</summary>
    protected override bool WatchAll() => true;

    protected override void ReturnToPool()
    {
        _gone = default;
        Device.Waits.Changes.Return(this);
    }
}
