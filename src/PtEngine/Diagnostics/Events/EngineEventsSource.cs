using System.Diagnostics.Tracing;

namespace XePt.Diagnostics;

// What is not generated: the devices are told whether anybody listens, and the counters.
internal sealed unsafe partial class EngineEventsSource : EventSource
{
    private PollingCounter[]? _counters;

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        bool isOn = IsEnabled();
        foreach (IWatchedDevice device in LiveDevices.All)
            device.Watch.SetSource(isOn);
        if (isOn && command.Command == EventCommand.Enable && Volatile.Read(ref _counters) is null)
            MakeCounters();
    }

    /// <summary>Sums over all devices; by device, GT and VM they are instruments of the meter (<see cref="EngineMeters"/>).</summary>
    [NonEvent]
    private void MakeCounters()
    {
        PollingCounter[] counters =
        [
            .. EngineMeters.Names.Select(name => new PollingCounter(name, this, () => EngineMeters.Sum(name))),
        ];
        if (Interlocked.CompareExchange(ref _counters, counters, null) is null)
            return;
        foreach (PollingCounter counter in counters)
            counter.Dispose();
    }
}
