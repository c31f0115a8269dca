using System.Diagnostics;
using System.Runtime;

namespace XePt.Bench.Contract;

/// <summary>Measures two sides in turn, round by round, in processor time of the thread: whatever else runs on the machine meets
/// both.</summary>
internal static class PairedMeasure
{
    private const int FewestRounds = 60, FewestOfAll = 9;
    private const long QuietNs = 700_000_000;
    private static readonly TimeSpan s_longestWarmUp = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan s_counted = TimeSpan.FromSeconds(1), s_longest = TimeSpan.FromSeconds(6);

    // Of what the budget leaves a line; the rest is for what counts.
    private const double ShareOfWarmUp = 0.6;

    public static Reading Run(Func<PairCase> open, bool isSpeedUp)
    {
        using PairCase pair = open();
        WarmUp(pair, TimeBudget.LeftOfLine * ShareOfWarmUp);
        TimeSpan most = TimeBudget.LeftOfLine;
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; IsToGoOn(round, Stopwatch.GetElapsedTime(start), most); round++)
        {
            pair.Candidate.Round(counts: true);
            pair.Reference.Round(counts: true);
            pair.Floor?.Round(counts: true);
        }

        return ReadingOf(pair.Candidate.Rounds, pair.Reference.Rounds, isSpeedUp) with
        {
            FloorRatio = pair.Floor is { } floor ? ReadingOf(floor.Rounds, pair.Reference.Rounds, isSpeedUp).P25 : null,
        };
    }

    /// <summary>The value that so much of them do not exceed: 0.25 is the first quartile.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(share * (sorted.Length - 1))];
    }

    public static Reading ReadingOf(List<double> candidate, List<double> reference, bool isSpeedUp)
    {
        double ours = Quantile(candidate, 0.25), theirs = Quantile(reference, 0.25);
        return new Reading(
            Ratio(Quantile(candidate, 0), Quantile(reference, 0)),
            Ratio(ours, theirs),
            Quantile(candidate.Zip(reference, Ratio), 0.5),
            ours,
            theirs);

        double Ratio(double ofCandidate, double ofReference) => isSpeedUp ? ofReference / ofCandidate : ofCandidate / ofReference;
    }

    /// <summary>Until neither side becomes faster and nothing is compiled any more: by then everything is compiled for good. Quiet is
    /// counted in processor time, because on a busy machine the compiler, which has a thread of its own, gets on no faster than this
    /// one.</summary>
    private static void WarmUp(PairCase pair, TimeSpan most)
    {
        TimeSpan longest = most < s_longestWarmUp ? most : s_longestWarmUp;
        long start = Stopwatch.GetTimestamp(), better = ThreadTime.Now, compiled = JitInfo.GetCompiledMethodCount();
        while (ThreadTime.Now - better < QuietNs && Stopwatch.GetElapsedTime(start) < longest)
        {
            bool isBetter = pair.Candidate.Round(counts: false) | pair.Reference.Round(counts: false)
                | (pair.Floor?.Round(counts: false) ?? false);
            if (isBetter || compiled != JitInfo.GetCompiledMethodCount())
                (better, compiled) = (ThreadTime.Now, JitInfo.GetCompiledMethodCount());
        }
    }

    private static bool IsToGoOn(int round, TimeSpan elapsed, TimeSpan most) =>
        round < FewestOfAll || (elapsed < most && (elapsed < s_counted || (round < FewestRounds && elapsed < s_longest)));
}
