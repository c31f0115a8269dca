using System.Diagnostics;

namespace XePt.Compare;

/// <summary>
/// One process of each side, measured by turns, round by round: whatever the machine does meanwhile happens to both. A process is one
/// sample only, for rounds of one process share where its code and data happen to lie.
/// </summary>
internal sealed class Launch(DriverProcess one, DriverProcess other) : ILaunch
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public (IReadOnlyList<string> One, IReadOnlyList<string> Other) Lines => (one.Lines, other.Lines);

    public void Dispose()
    {
        one.Dispose();
        other.Dispose();
    }

    /// <summary>Rounds until nothing becomes faster for some seconds: code is compiled for good only after a while.</summary>
    public void WarmUp()
    {
        double[] best = Enumerable.Repeat(double.MaxValue, one.Lines.Count * 2).ToArray();
        long start = Stopwatch.GetTimestamp();
        for (long better = start; Stopwatch.GetElapsedTime(better) < Quiet && Stopwatch.GetElapsedTime(start) < Longest;)
        {
            for (int i = 0; i < best.Length; i++)
            {
                double time = (i % 2 == 0 ? one : other).Round(i / 2).Time;
                if (time < best[i] * 0.98)
                    better = Stopwatch.GetTimestamp();
                best[i] = Math.Min(best[i], time);
            }
        }
    }

    /// <summary>Rounds of a line, one of each side in turn; each is the first as often as the other.</summary>
    public (Sample[] One, Sample[] Other) Measure(int line, int rounds)
    {
        var samples = (One: new Sample[rounds], Other: new Sample[rounds]);
        for (int i = 0; i < rounds; i++)
        {
            if (i % 2 == 0)
                samples.One[i] = one.Round(line);
            samples.Other[i] = other.Round(line);
            if (i % 2 != 0)
                samples.One[i] = one.Round(line);
        }

        return samples;
    }
}
