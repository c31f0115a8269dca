namespace XePt.Bench.Contract;

/// <summary>One of the two things that a line compares.</summary>
/// <param name="operations">Operations that <paramref name="run"/> does.</param>
/// <param name="run">What is measured. Without <paramref name="prepare"/> it leaves everything as it was.</param>
/// <param name="prepare">What comes before each run and is not measured.</param>
internal sealed class Side(int operations, Action run, Action? prepare = null)
{
    private const double RoundNs = 150_000;
    private const int MostTimes = 1 << 16;
    private int _times = 1;

    /// <summary>Nanoseconds of an operation in each round that counted.</summary>
    public List<double> Rounds { get; } = [];

    /// <summary>Nanoseconds of an operation in the best round so far.</summary>
    public double Best { get; private set; } = double.MaxValue;

    /// <summary>Does one round.</summary>
    /// <returns>True when it was the best so far by a percent at least.</returns>
    public bool Round(bool counts)
    {
        prepare?.Invoke();
        long start = ThreadTime.Now;
        for (int i = 0; i < _times; i++)
            run();
        double elapsed = Math.Max(1, ThreadTime.Now - start - ThreadTime.OfAsking);
        double each = elapsed / _times / operations;
        if (prepare is null)
            _times = (int)Math.Clamp(_times * RoundNs / elapsed, 1, MostTimes);
        if (counts)
            Rounds.Add(each);
        bool isBetter = each < Best * 0.99;
        Best = Math.Min(Best, each);
        return isBetter;
    }
}

/// <summary>Both sides of a line, ready to run, and what they need.</summary>
internal sealed class PairCase(Side candidate, Side reference, params IDisposable?[] owned) : IDisposable
{
    public Side Candidate { get; } = candidate;

    public Side Reference { get; } = reference;

    /// <summary>What nobody can leave out who gives the guarantees of the candidate, besides the work of the reference; measured beside
    /// both where the goal has a floor of that.</summary>
    public Side? Floor { get; init; }

    public void Dispose()
    {
        foreach (IDisposable? one in owned)
            one?.Dispose();
    }
}
