using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using XePt.Diagnostics;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>The tests that listen to the event source of the whole process: not at the same time as others.</summary>
[CollectionDefinition(nameof(EventCapture), DisableParallelization = true)]
public class EventCaptureCollection;

/// <summary>One event as another process would see it.</summary>
/// <param name="Id">Number.</param>
/// <param name="Name">Name in the table of events.</param>
/// <param name="Payload">Fields and their values, numbers in decimal.</param>
/// <param name="Activity">Activity it belongs to.</param>
internal sealed record SeenEvent(int Id, string Name, (string Name, string Value)[] Payload, Guid Activity)
{
    /// <summary>For example <c>xe_vm_create dev=bmg#1 vm=1</c>.</summary>
    public override string ToString() => string.Join(" ", Payload.Select(field => $"{field.Name}={field.Value}").Prepend(Name));

    public string this[string field] => Payload.First(item => item.Name == field).Value;
}

/// <summary>Reads the events that this process raises through the diagnostics port, as a tool in another process would.</summary>
internal static class EventCapture
{
    /// <summary>What is raised while something is done, in order.</summary>
    public static List<SeenEvent> During(Action act, EventLevel level = EventLevel.Verbose, XeEventGroups groups = XeEventGroups.All)
    {
        var client = new DiagnosticsClient(Environment.ProcessId);
        EventPipeProvider[] providers = [new("XePt-Engine", level, (long)groups)];
        using EventPipeSession session = client.StartEventPipeSession(providers, requestRundown: false);
        var seen = new List<SeenEvent>();
        Exception? failed = null;
        var reader = new Thread(() =>
        {
            try
            {
                Read(session.EventStream, seen);
            }
            catch (Exception thrown)
            {
                failed = thrown;
            }
        });
        reader.Start();
        try
        {
            act();
        }
        finally
        {
            session.Stop();
            reader.Join();
        }

        Assert.Null(failed);
        return seen;
    }

    /// <summary>The same of one device.</summary>
    public static List<SeenEvent> Of(XeDevice device, Action act) =>
        [.. During(act).Where(seen => seen["dev"] == device.Name)];

    /// <summary>The last values of polled counters, once each of some has come.</summary>
    public static Dictionary<string, double> Counters(IReadOnlyCollection<string> names)
    {
        var client = new DiagnosticsClient(Environment.ProcessId);
        var often = new Dictionary<string, string> { ["EventCounterIntervalSec"] = "0.1" };
        EventPipeProvider[] providers = [new("XePt-Engine", EventLevel.Critical, 0, often)];
        using EventPipeSession session = client.StartEventPipeSession(providers, requestRundown: false);
        var seen = new Dictionary<string, double>();
        using var areThere = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            using var source = new EventPipeEventSource(session.EventStream);
            source.Dynamic.All += data =>
            {
                if (data is not { ProviderName: "XePt-Engine", EventName: "EventCounters" })
                    return;
                var outer = (IDictionary<string, object>)data.PayloadValue(0);
                var counter = (IDictionary<string, object>)outer["Payload"];
                seen[Text(counter["Name"])] = Convert.ToDouble(counter["Mean"], CultureInfo.InvariantCulture);
                if (names.All(seen.ContainsKey))
                    areThere.Set();
            };
            source.Process();
        });
        reader.Start();
        bool isComplete = areThere.Wait(TimeSpan.FromMinutes(2));
        session.Stop();
        reader.Join();
        Assert.True(isComplete, $"only {string.Join(", ", seen.Keys)} came");
        return seen;
    }

    private static void Read(Stream stream, List<SeenEvent> into)
    {
        using var source = new EventPipeEventSource(stream);
        source.Dynamic.All += data =>
        {
            if (data.ProviderName == "XePt-Engine" && XeEventInfo.All.FirstOrDefault(info => info.Id == (int)data.ID) is { } info)
                into.Add(new SeenEvent(info.Id, info.Name, [.. data.PayloadNames.Select((name, i) => (name, Text(data.PayloadValue(i))))],
                    data.ActivityID));
        };
        source.Process();
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
