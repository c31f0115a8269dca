using System.Diagnostics;
using XePt.Bench.Contract;

namespace XePt.Bench.Scale;

/// <summary>Measures one thing, without another to compare it with: curves compare with themselves.</summary>
internal static class Rounds
{
    private const int Counted = 60;

    // Caches and branch predictors need less; the compiler wants to see a method run for a while.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(0.7);

    /// <summary>Nanoseconds of processor time of one operation: the first quartile of some rounds.</summary>
    /// <param name="operations">Operations of a round.</param>
    /// <param name="round">Does them.</param>
    public static double Quartile(int operations, Action round)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_warmUp;)
            round();
        var times = new double[Counted];
        foreach (ref double time in times.AsSpan())
            time = Once(operations, round);
        return PairedMeasure.Quantile(times, 0.25);
    }

    /// <summary>The same for something that can only be done once.</summary>
    public static double Once(int operations, Action round)
    {
        long start = ThreadTime.Now;
        round();
        return (double)(ThreadTime.Now - start) / operations;
    }
}
