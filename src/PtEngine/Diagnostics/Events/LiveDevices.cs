namespace XePt.Diagnostics;

/// <summary>The devices of the process, for the event source and the meters, which are there once for all of them. Keeps none
/// alive.</summary>
/// <remarks>Concurrency: any thread; the array never changes and is replaced by compare-exchange. A device is added before it asks whether
/// the source is on, and the source is on before it walks the array, so one of the two sees the other.</remarks>
internal static class LiveDevices
{
    private static WeakReference<IWatchedDevice>[] s_devices = [];
    private static int s_newest;

    /// <summary>The devices that are there.</summary>
    public static IEnumerable<IWatchedDevice> All
    {
        get
        {
            foreach (WeakReference<IWatchedDevice> device in Volatile.Read(ref s_devices))
            {
                if (device.TryGetTarget(out IWatchedDevice? target))
                    yield return target;
            }
        }
    }

    /// <summary>A name that no other device of the process has.</summary>
    public static string NewName(string platform) => $"{platform}#{Interlocked.Increment(ref s_newest)}";

    /// <summary>A device is made.</summary>
    public static void Add(IWatchedDevice device)
    {
        Replace(seen => [.. seen.Where(IsThere), new WeakReference<IWatchedDevice>(device)]);
        device.Watch.SetSource(EngineEventsSource.Log.IsEnabled());
        EngineMeters.Require();
    }

    /// <summary>A device is gone.</summary>
    public static void Remove(IWatchedDevice device) => Replace(
        seen => [.. seen.Where(other => other.TryGetTarget(out IWatchedDevice? target) && target != device)]);

    private static bool IsThere(WeakReference<IWatchedDevice> device) => device.TryGetTarget(out _);

    private static void Replace(Func<WeakReference<IWatchedDevice>[], WeakReference<IWatchedDevice>[]> change)
    {
        WeakReference<IWatchedDevice>[] seen = Volatile.Read(ref s_devices);
        while (Interlocked.CompareExchange(ref s_devices, change(seen), seen) is var found && found != seen)
            seen = found;
    }
}
