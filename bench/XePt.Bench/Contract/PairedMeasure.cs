using System.Diagnostics;

namespace XePt.Bench.Contract;

/// <summary>Measures two sides in turn, round by round, in processor time of the thread: whatever else runs on the machine meets
/// both.</summary>
internal static class PairedMeasure
{
    private const int FewestRounds = 60;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(0.7), s_longestWarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_counted = TimeSpan.FromSeconds(1), s_longest = TimeSpan.FromSeconds(6);

    public static Reading Run(Func<PairCase> open, bool isSpeedUp)
    {
        using PairCase pair = open();
        WarmUp(pair);
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; IsToGoOn(round, Stopwatch.GetElapsedTime(start)); round++)
        {
            pair.Candidate.Round(counts: true);
            pair.Reference.Round(counts: true);
        }

        return ReadingOf(pair.Candidate.Rounds, pair.Reference.Rounds, isSpeedUp);
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

    /// <summary>Until neither side becomes faster: by then everything is compiled for good.</summary>
    private static void WarmUp(PairCase pair)
    {
        long start = Stopwatch.GetTimestamp(), better = start;
        while (Stopwatch.GetElapsedTime(better) < s_quiet && Stopwatch.GetElapsedTime(start) < s_longestWarmUp)
        {
            if (pair.Candidate.Round(counts: false) | pair.Reference.Round(counts: false))
                better = Stopwatch.GetTimestamp();
        }
    }

    private static bool IsToGoOn(int round, TimeSpan elapsed) => elapsed < s_counted || (round < FewestRounds && elapsed < s_longest);
}
