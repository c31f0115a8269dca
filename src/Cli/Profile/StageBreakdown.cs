using XePt.Diagnostics;

namespace XePt.Cli.Profile;

/// <summary>How long one kind of thing took, all together.</summary>
/// <param name="Name">What has a start and a stop.</param>
/// <param name="Count">How often.</param>
/// <param name="TotalNs">Nanoseconds, what happened inside included.</param>
/// <param name="OwnNs">Nanoseconds, what happened inside and is listed itself not included.</param>
/// <param name="LongestNs">The longest.</param>
internal sealed record StageTime(string Name, int Count, long TotalNs, long OwnNs, long LongestNs);

/// <summary>What a collected stream says: where the time went, and how often the other events were raised.</summary>
/// <param name="Stages">What has a start and a stop, in the order of the table of events; what never happened is left out.</param>
/// <param name="Events">The other events that were raised, with how often.</param>
internal sealed record StageBreakdown(IReadOnlyList<StageTime> Stages, IReadOnlyList<(string Name, int Count)> Events)
{
    /// <summary>Adds up what a stream says. Starts whose stop is missing count for nothing.</summary>
    public static StageBreakdown Of(IEnumerable<SeenEvent> events)
    {
        var sums = new Dictionary<string, StageTime>(StringComparer.Ordinal);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new Dictionary<long, Stack<Open>>();
        foreach (SeenEvent seen in events)
        {
            if (XeEventInfo.All.FirstOrDefault(info => info.Id == seen.Id) is not { } info)
                continue;
            if (!open.TryGetValue(seen.Thread, out Stack<Open>? stack))
                open[seen.Thread] = stack = new Stack<Open>();
            if (EventPairs.StartedBy(info) is { } started)
                stack.Push(new Open(started, seen.TimeNs));
            else if (EventPairs.StoppedBy(info) is { } stopped)
                Close(stack, stopped, seen.TimeNs, sums);
            else
                counts[info.Name] = counts.GetValueOrDefault(info.Name) + 1;
        }

        return new StageBreakdown(
            [.. EventPairs.All.Where(sums.ContainsKey).Select(name => sums[name])],
            [.. XeEventInfo.All.Where(info => counts.ContainsKey(info.Name)).Select(info => (info.Name, counts[info.Name]))]);
    }

    private static void Close(Stack<Open> stack, string name, long timeNs, Dictionary<string, StageTime> sums)
    {
        if (!stack.Any(open => open.Name == name))
            return;
        // What was left open inside has no stop: an exception has ended it.
        while (stack.Peek().Name != name)
            stack.Pop();
        Open closed = stack.Pop();
        long took = timeNs - closed.TimeNs;
        if (stack.TryPeek(out Open? around))
            around.InsideNs += took;
        StageTime sum = sums.GetValueOrDefault(name) ?? new StageTime(name, 0, 0, 0, 0);
        sums[name] = new StageTime(
            name, sum.Count + 1, sum.TotalNs + took, sum.OwnNs + took - closed.InsideNs, Math.Max(sum.LongestNs, took));
    }

    private sealed class Open(string name, long timeNs)
    {
        public string Name => name;

        public long TimeNs => timeNs;

        public long InsideNs { get; set; }
    }
}
