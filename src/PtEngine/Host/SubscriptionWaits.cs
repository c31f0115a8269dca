namespace XePt.Host;

/// <summary>The calls of an address space that wait, by those that do not.</summary>
/// <remarks>Concurrency: outside whatever gate the address space has, for whom they wait for needs it.</remarks>
internal static class SubscriptionWaits
{
    /// <inheritdoc cref="ICpuAddressSpace.Unsubscribe"/>
    public static void Unsubscribe(ICpuAddressSpace space, CpuSubscription subscription)
    {
        var spin = default(SpinWait);
        while (!space.TryUnsubscribe(subscription))
            spin.SpinOnce();
    }

    /// <inheritdoc cref="ICpuAddressSpace.ReadBegin"/>
    public static ulong ReadBegin(ICpuAddressSpace space, CpuSubscription subscription)
    {
        var spin = default(SpinWait);
        ulong sequence;
        while (!space.TryReadBegin(subscription, out sequence))
            spin.SpinOnce();
        return sequence;
    }
}
