namespace XePt.Bench;

/// <summary>One thing to measure in rounds.</summary>
/// <param name="name">What it is, as the table says it.</param>
/// <param name="operations">Operations that <paramref name="run"/> does.</param>
/// <param name="prepare">What comes before each round and is not measured.</param>
/// <param name="run">What is measured.</param>
internal sealed class RatioLine(string name, int operations, Action prepare, Action run)
{
    private readonly List<double> _rounds = [];

    public string Name { get; } = name;

    /// <summary>Managed bytes of the round that allocated least.</summary>
    public long Bytes { get; private set; } = long.MaxValue;

    /// <summary>Does one round.</summary>
    /// <param name="counts">Its result counts; else it only warms up.</param>
    public void Round(bool counts)
    {
        prepare();
        long bytes = GC.GetAllocatedBytesForCurrentThread(), time = ThreadTime.Now;
        run();
        time = ThreadTime.Now - time;
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        if (!counts)
            return;
        Bytes = Math.Min(Bytes, bytes);
        _rounds.Add((double)time / operations);
    }

    /// <summary>Nanoseconds of an operation that so much of the rounds did not need more than: 0 the best, 0.25 the first
    /// quartile.</summary>
    public double At(double share)
    {
        _rounds.Sort();
        return _rounds[(int)(share * (_rounds.Count - 1))];
    }
}
