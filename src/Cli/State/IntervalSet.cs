namespace XePt.Cli.State;

/// <summary>A set of addresses as intervals <c>[start, end)</c>.</summary>
internal sealed class IntervalSet
{
    private readonly List<(ulong Start, ulong End)> _intervals = [];

    /// <summary>Intervals that do not overlap, in no order.</summary>
    public IReadOnlyList<(ulong Start, ulong End)> Intervals => _intervals;

    /// <summary>Whether every address of <c>[start, end)</c> is in the set.</summary>
    public bool Covers(ulong start, ulong end)
    {
        ulong covered = 0;
        foreach ((ulong from, ulong to) in _intervals)
        {
            if (from < end && to > start)
                covered += Math.Min(to, end) - Math.Max(from, start);
        }

        return covered == end - start;
    }

    /// <summary>Whether an address is in the set.</summary>
    public bool Contains(ulong address) => Overlaps(address, address + 1);

    /// <summary>Whether any address of <c>[start, end)</c> is in the set.</summary>
    public bool Overlaps(ulong start, ulong end) => _intervals.Exists(interval => interval.Start < end && interval.End > start);

    public void Add(ulong start, ulong end)
    {
        Remove(start, end);
        _intervals.Add((start, end));
    }

    public void Remove(ulong start, ulong end)
    {
        for (int i = _intervals.Count - 1; i >= 0; i--)
        {
            (ulong from, ulong to) = _intervals[i];
            if (from >= end || to <= start)
                continue;
            _intervals.RemoveAt(i);
            if (from < start)
                _intervals.Add((from, start));
            if (to > end)
                _intervals.Add((end, to));
        }
    }
}
