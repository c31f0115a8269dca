using System.Diagnostics;
using System.Diagnostics.Tracing;
using XePt.Diagnostics;

namespace XePt.Cli.Timeline;

/// <summary>Records the events that the engine raises in this process.</summary>
/// <remarks>Concurrency: any thread raises events; what is recorded is in the order of time.</remarks>
internal sealed class TimelineListener : EventListener
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<TimelineEvent> _events = [];
    private readonly Lock _lock = new();

    /// <summary>Begins to record.</summary>
    public TimelineListener() => EnableEvents(EngineEventsSource.Log, EventLevel.Verbose);

    /// <summary>What was recorded.</summary>
    public TimelineEvent[] Events
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.Payload is not [string device, ..] || XeEventInfo.Find(eventData.EventId) is not { } info)
            return;
        var fields = info.Fields.Select((field, i) => (field.Name, eventData.Payload[i + 1]!)).ToArray();
        lock (_lock)
        {
            long time = (long)(Stopwatch.GetElapsedTime(_start).Ticks * (1e9 / TimeSpan.TicksPerSecond));
            _events.Add(new TimelineEvent(time, info, device, fields));
        }
    }
}
