using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace XePt.Cli.Profile;

/// <summary>Reads the instruments of a meter of another process, every so often, as <c>dotnet-counters</c> does.</summary>
internal static class CounterSession
{
    private const string Provider = "System.Diagnostics.Metrics";
    private const long TimeSeries = 2;
    private const int MostSeries = 10_000;

    /// <summary>Processes that can be listened to, by id.</summary>
    public static IReadOnlyList<ListenedProcess> Processes => [.. DiagnosticsClient.GetPublishedProcesses().Order()
        .Select(id => new ListenedProcess(id, NameOf(id))).Where(process => process.Name.Length > 0)];

    /// <summary>Listens until it is told to stop.</summary>
    /// <param name="process">Id of the process.</param>
    /// <param name="meter">Name of the meter.</param>
    /// <param name="seconds">Seconds between two readings.</param>
    /// <param name="show">Gets each reading, on another thread; false ends the session.</param>
    /// <exception cref="SessionException">The process cannot be listened to, or another listener has used up what it gives.</exception>
    public static void Watch(int process, string meter, int seconds, Func<IReadOnlyList<MeterValue>, bool> show)
    {
        ArgumentNullException.ThrowIfNull(show);
        string id = Guid.NewGuid().ToString();
        var provider = new EventPipeProvider(Provider, EventLevel.Informational, TimeSeries, new Dictionary<string, string>
        {
            ["SessionId"] = id,
            ["Metrics"] = meter,
            ["RefreshInterval"] = seconds.ToString(CultureInfo.InvariantCulture),
            ["MaxTimeSeries"] = MostSeries.ToString(CultureInfo.InvariantCulture),
            ["MaxHistograms"] = "0",
            ["ClientId"] = id,
        });
        using EventPipeSession session = Sessions.Start(process, provider);
        using var source = new EventPipeEventSource(session.EventStream);
        var reading = new Reading(id, show);
        Task? stopping = null;
        source.Dynamic.All += data =>
        {
            // Stopped from another thread: the process sends what it still has, and that must be read.
            if (stopping is null && data.ProviderName == Provider && !reading.Add(data))
                stopping = Task.Run(() => Stop(session));
        };
        source.Process();
        stopping?.GetAwaiter().GetResult();
    }

    // A process may have ended since it was listed.
    private static string NameOf(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return "";
        }
    }

    // The process may have ended meanwhile, and then there is no session to end.
    private static void Stop(EventPipeSession session)
    {
        try
        {
            session.Stop();
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException)
        {
            return;
        }
    }

    /// <summary>What has come since the last reading began.</summary>
    private sealed class Reading(string session, Func<IReadOnlyList<MeterValue>, bool> show)
    {
        private readonly List<MeterValue> _values = [];

        /// <summary>Takes an event of the provider.</summary>
        /// <returns>False to end the session.</returns>
        public bool Add(TraceEvent data)
        {
            if ((string?)data.PayloadByName("sessionId") != session)
                return true;
            // TraceEvent puts a slash before what it takes for an opcode.
            switch (data.EventName.Replace("/", "", StringComparison.Ordinal))
            {
                case "CollectionStart":
                    _values.Clear();
                    return true;
                case "CollectionStop":
                    return show([.. _values]);
                case "CounterRateValuePublished" or "UpDownCounterRateValuePublished":
                    _values.Add(new MeterValue(
                        Text(data, "instrumentName"), Text(data, "tags"), Number(data, "value"), Number(data, "rate")));
                    return true;
                default:
                    return true;
            }
        }

        private static string Text(TraceEvent data, string field) => data.PayloadByName(field) as string ?? "";

        private static double Number(TraceEvent data, string field) =>
            double.TryParse(Text(data, field), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : 0;
    }
}
