using XePt.Diagnostics;

namespace XePt.Cli.Profile;

/// <summary>Adds up what a stream says, event by event; keeps of each thread only what is under way.</summary>
internal sealed class StageSums
{
    private static readonly Dictionary<int, XeEventInfo> Infos = XeEventInfo.All.ToDictionary(info => info.Id);

    private readonly Dictionary<string, StageTime> _sums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Stack<Open>> _open = [];
    private long _lost;

    /// <summary>What was added up so far. Starts whose stop is missing count for nothing.</summary>
    public StageBreakdown Breakdown => new(
        [.. EventPairs.All.Where(_sums.ContainsKey).Select(name => _sums[name])],
        [.. XeEventInfo.All.Where(info => _counts.ContainsKey(info.Name)).Select(info => (info.Name, _counts[info.Name]))],
        _lost);

    /// <summary>Adds an event.</summary>
    public void Add(SeenEvent seen)
    {
        if (!Infos.TryGetValue(seen.Id, out XeEventInfo? info))
            return;
        if (!_open.TryGetValue(seen.Thread, out Stack<Open>? stack))
            _open[seen.Thread] = stack = new Stack<Open>();
        if (EventPairs.StartedBy(info) is { } started)
            stack.Push(new Open(started, seen.TimeNs));
        else if (EventPairs.StoppedBy(info) is { } stopped)
            Close(stack, stopped, seen.TimeNs);
        else
            _counts[info.Name] = _counts.GetValueOrDefault(info.Name) + 1;
    }

    /// <summary>Events were lost here, on any thread: a stop that comes after them need not be that of a start before them.</summary>
    public void Miss(long events)
    {
        _lost += events;
        _open.Clear();
    }

    private void Close(Stack<Open> stack, string name, long timeNs)
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
        StageTime sum = _sums.GetValueOrDefault(name) ?? new StageTime(name, 0, 0, 0, 0);
        _sums[name] = new StageTime(
            name, sum.Count + 1, sum.TotalNs + took, sum.OwnNs + took - closed.InsideNs, Math.Max(sum.LongestNs, took));
    }

    private sealed class Open(string name, long timeNs)
    {
        public string Name => name;

        public long TimeNs => timeNs;

        public long InsideNs { get; set; }
    }
}
