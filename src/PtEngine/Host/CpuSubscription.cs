namespace XePt.Host;

/// <summary>
/// Somebody who must know before pages of an interval of a process change (HST-006, HST-007): a notifier of SVM ranges, or a userptr. It is
/// made once by its owner and can be subscribed again after it was unsubscribed.
/// </summary>
/// <remarks>Concurrency: the members for the host belong to the address space that it is subscribed to. The owner reads only
/// <see cref="Range"/>.</remarks>
public abstract class CpuSubscription
{
    /// <summary>The interval; set by <see cref="ICpuAddressSpace.Subscribe"/>.</summary>
    public AddressRange Range { get; private set; }

    /// <summary>For the host alone: what it knows of this subscription; null while it is not subscribed.</summary>
    public object? HostState { get; private set; }

    /// <summary>
    /// Pages of the interval are about to change. The change waits until this returns; from then on no device may reach the old pages
    /// (CON-005). It may be called in the middle of any call of the owner's to the address space that raises changes (<c>FaultIn</c>,
    /// <c>Collect</c>, <c>InstallBlock</c>), on the same thread, and on other threads at any time.
    /// </summary>
    /// <param name="change">What happens; not clipped to the interval.</param>
    /// <returns>False refuses a change that may not block (SVM-140); ignored for others.</returns>
    public abstract bool Invalidate(in CpuChange change);

    /// <summary>For the host alone: it has begun or ended the subscription.</summary>
    /// <param name="range">The interval.</param>
    /// <param name="hostState">What it wants to keep, or null when the subscription has ended.</param>
    public void SetHostState(AddressRange range, object? hostState) => (Range, HostState) = (range, hostState);

    /// <summary>Its interval, while it is subscribed.</summary>
    public override string ToString() => HostState is null ? "not subscribed" : $"subscribed to {Range}";
}
