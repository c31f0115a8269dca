using XePt.Cli.Profile;
using XePt.Diagnostics;

namespace XePt.Cli.Timeline;

/// <summary>Makes a timeline of events: for each device a track of tracks, one for each kind of thing that takes time and one for each
/// group of things that only happen.</summary>
internal sealed class TimelineWriter
{
    private static readonly Dictionary<string, string> TrackNames = new(StringComparer.Ordinal)
    {
        ["Ioctl"] = "ioctls",
        ["Flush"] = "TLB flushes",
        ["Fault"] = "faults",
        ["Migration"] = "migrations",
    };

    private readonly PerfettoTrace _trace;
    private readonly Dictionary<string, ulong> _tracks = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, Stack<string>> _open = [];

    private TimelineWriter(Stream stream) => _trace = new PerfettoTrace(stream);

    /// <summary>Writes a timeline.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="events">What happened, in the order of time.</param>
    public static void Write(Stream stream, IEnumerable<TimelineEvent> events)
    {
        var writer = new TimelineWriter(stream);
        long last = 0;
        foreach (TimelineEvent happened in events)
            writer.Write(happened, last = happened.TimeNs);
        writer.EndAll(last);
    }

    private void Write(TimelineEvent happened, long time)
    {
        XeEventInfo info = happened.Event;
        if (EventPairs.StartedBy(info) is { } started)
        {
            ulong track = TrackOf(happened.Device, PlaceOf(info, started));
            _open[track].Push(started);
            _trace.Begin(time, track, NameOf(happened, started), $"{info.Group}", happened.Fields);
        }
        else if (EventPairs.StoppedBy(info) is { } stopped)
        {
            ulong track = TrackOf(happened.Device, PlaceOf(info, stopped));
            End(track, stopped, happened);
        }
        else
        {
            ulong track = TrackOf(happened.Device, PlaceOf(info, info.Name));
            _trace.Happens(time, track, NameOf(happened, info.Name), $"{info.Group}", happened.Fields);
        }
    }

    /// <summary>A stop whose start was not seen is left out; what began after the start and has no stop of its own ends with it.</summary>
    private void End(ulong track, string name, TimelineEvent stop)
    {
        Stack<string> open = _open[track];
        if (!open.Contains(name))
            return;
        while (open.Pop() != name)
            _trace.End(stop.TimeNs, track, []);
        _trace.End(stop.TimeNs, track, stop.Fields);
    }

    private void EndAll(long time)
    {
        foreach ((ulong track, Stack<string> open) in _open)
        {
            for (; open.Count > 0; open.Pop())
                _trace.End(time, track, []);
        }
    }

    private static string PlaceOf(XeEventInfo info, string name) => info.Group switch
    {
        XeEventGroups.Stage => "stages",
        _ when TrackNames.TryGetValue(name, out string? track) => track,
        XeEventGroups.Fence => "fences",
        XeEventGroups.Tlb => "TLB invalidations",
        _ => $"{info.Group} events",
    };

    private static string NameOf(TimelineEvent happened, string name) =>
        happened.Fields.FirstOrDefault(field => field.Name is "call" or "kind" or "operation").Value as string ?? name;

    private ulong TrackOf(string device, string name)
    {
        ulong parent = Declare(device, device, parent: 0);
        return Declare($"{device}/{name}", name, parent);
    }

    private ulong Declare(string key, string name, ulong parent)
    {
        if (_tracks.TryGetValue(key, out ulong uuid))
            return uuid;
        uuid = (ulong)_tracks.Count + 1;
        _tracks.Add(key, uuid);
        _open.Add(uuid, new Stack<string>());
        _trace.Track(uuid, name, parent);
        return uuid;
    }
}
