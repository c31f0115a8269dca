using System.Diagnostics;

namespace XePt.Times;

/// <summary>One thing to measure, ready to be done again and again.</summary>
/// <param name="name">What it is, as the table says it.</param>
/// <param name="operations">Operations that <paramref name="run"/> does each time.</param>
/// <param name="run">Does it and leaves everything as it was.</param>
internal sealed class Line(string name, int operations, Action run)
{
    private const double RoundMilliseconds = 2;
    private int _times = 1;

    public string Name { get; } = name;

    /// <summary>Nanoseconds of one operation in the best round so far.</summary>
    public double Best { get; private set; } = double.MaxValue;

    /// <summary>Does it for about two milliseconds.</summary>
    /// <returns>True when it was faster than ever, by a percent at least.</returns>
    public bool Round()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _times; i++)
            run();
        double elapsed = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        double each = elapsed / _times / operations;
        _times = Math.Max(1, (int)(_times * RoundMilliseconds * 1e6 / elapsed));
        bool isBetter = each < Best * 0.99;
        Best = Math.Min(Best, each);
        return isBetter;
    }
}
