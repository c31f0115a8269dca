using XePt.Diagnostics;

namespace XePt.Cli.Profile;

/// <summary>Which events are the start or the stop of something.</summary>
internal static class EventPairs
{
    private const string Start = "Start", Stop = "Stop";

    /// <summary>What an event starts, for example <c>Ioctl</c>; null when it starts nothing.</summary>
    public static string? StartedBy(XeEventInfo info) => WithoutEnd(info.Name, Start);

    /// <summary>What an event stops; null when it stops nothing.</summary>
    public static string? StoppedBy(XeEventInfo info) => WithoutEnd(info.Name, Stop);

    /// <summary>Everything that has a start and a stop, in the order of the table of events.</summary>
    public static IEnumerable<string> All => XeEventInfo.All.Select(StartedBy).OfType<string>();

    private static string? WithoutEnd(string name, string end) =>
        name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : null;
}
