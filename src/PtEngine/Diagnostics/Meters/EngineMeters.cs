using System.Diagnostics.Metrics;

namespace XePt.Diagnostics;

/// <summary>The meter <c>XePt.Engine</c>: the counters of all devices of the process, by device, GT and VM, under the driver's
/// names.</summary>
/// <remarks>Observable instruments only: the engine counts anyway, and what it has counted is read when a listener asks.</remarks>
internal static class EngineMeters
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "XePt.Engine";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>The counters, each an instrument: what all VMs and GTs together have, in the order of <see cref="CounterNames"/>.</summary>
    public static IReadOnlyList<string> Names => CounterNames.All;

    private static readonly ObservableInstrument<long>[] Instruments =
    [
        .. CounterNames.All.Select(name => CounterNames.IsGauge(name)
            ? (ObservableInstrument<long>)Meter.CreateObservableUpDownCounter(name, () => Measure(name))
            : Meter.CreateObservableCounter(name, () => Measure(name))),
    ];

    /// <summary>Makes sure that the instruments are there.</summary>
    public static int Require() => Instruments.Length;

    /// <summary>The sum of a counter over all devices.</summary>
    public static double Sum(string name) => Values(name).Sum(found => (double)found.Counter.Value);

    private static IEnumerable<Measurement<long>> Measure(string name) => Values(name).Select(
        found => new Measurement<long>(found.Counter.Value, TagsOf(found.Device, found.Counter)));

    private static IEnumerable<(IWatchedDevice Device, CounterValue Counter)> Values(string name)
    {
        var counters = new List<CounterValue>();
        foreach (IWatchedDevice device in LiveDevices.All)
        {
            counters.Clear();
            device.ReadCounters(counters);
            foreach (CounterValue counter in counters)
            {
                if (counter.Name == name)
                    yield return (device, counter);
            }
        }
    }

    private static KeyValuePair<string, object?>[] TagsOf(IWatchedDevice device, CounterValue counter)
    {
        var tags = new List<KeyValuePair<string, object?>> { new("device", device.Watch.Name) };
        if (counter.Gt >= 0)
            tags.Add(new("gt", counter.Gt));
        if (counter.Vm > 0)
            tags.Add(new("vm", counter.Vm));
        return [.. tags];
    }
}
