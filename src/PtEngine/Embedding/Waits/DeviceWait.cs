using XePt.Uapi;

namespace XePt;

/// <summary>
/// The rule by which every blocking wait of a client runs. Look; run work that is ready; let happen what is due; then, alone (inline, or
/// <see cref="XeDeviceOptions.SingleThreaded"/>), let the virtual clock go to its next event or the deadline, or, with other threads, block
/// until something happens. At the deadline the wait ends with -ETIME; alone, an endless wait that no event is left to end is -EDEADLK at
/// once.
/// </summary>
internal static class DeviceWait
{
    // Events that renew themselves would keep an endless wait of a single thread going for ever.
    private const int MostEvents = 1 << 20;

    /// <summary>Waits; on the calling thread, for as long as it takes.</summary>
    /// <returns>Not rejected, or why the wait failed.</returns>
    public static Rejection Run(PendingWait wait)
    {
        XeDevice device = wait.Device;
        bool isAlone = !device.Options.WaitsForOtherThreads;
        for (int events = 0; !wait.Check();)
        {
            bool hasRun = device.RunReadyWork() | (device.Clock.RunDue() != 0);
            if (wait.Deadline <= device.Clock.Now)
                return hasRun && wait.Check() ? wait.Result : wait.TimedOut;
            if (hasRun || device.TryAwaitAccesses())
                continue;

            if (isAlone && !CanGoOn(wait, ref events))
                return wait.NeverEnds;
            if (isAlone && device.Clock is VirtualClock clock)
                clock.AdvanceTo(Math.Min(wait.Deadline, clock.NextDue));
            else if (wait.Block())
                break;
        }

        return wait.Result;
    }

    /// <summary>The deadline or an event of the clock is still to come.</summary>
    private static bool CanGoOn(PendingWait wait, ref int events) =>
        wait.Deadline != PendingWait.Endless || (wait.Device.Clock.NextDue != long.MaxValue && events++ < MostEvents);
}
