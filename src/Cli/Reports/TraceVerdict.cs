using XePt.Cli.Input;
using XePt.Cli.Traces;

namespace XePt.Cli.Reports;

/// <summary>What a trace among several came to.</summary>
/// <param name="Path">The file.</param>
/// <param name="Records">Records that were played.</param>
/// <param name="Checked">Those that say what they expect, when that is looked at.</param>
/// <param name="Refused">Those that were refused.</param>
/// <param name="Unmet">Those that did not do what they say.</param>
/// <param name="Stop">Why the rest could not be played after that, or null.</param>
/// <param name="Malformed">Why the trace cannot be played at all, with file and line, or null.</param>
internal sealed record TraceVerdict(
    string Path, int Records, int Checked, int Refused, IReadOnlyList<UnmetRecord> Unmet, string? Stop, string? Malformed)
{
    /// <summary>Whether it could be played, and nothing is other than expected.</summary>
    public bool IsGood => Malformed is null && Unmet.Count == 0;

    /// <summary>What is wrong, a line each.</summary>
    public IEnumerable<string> Faults
    {
        get
        {
            foreach (UnmetRecord record in Unmet)
            {
                foreach (string difference in record.Differences)
                    yield return $"line {record.Line}: {record.Name}: {difference}";
            }

            if (Stop is not null)
                yield return $"the rest cannot be played after that: {Stop}";
            if (Malformed is not null)
                yield return Malformed;
        }
    }

    /// <summary>Plays a trace for its verdict.</summary>
    public static TraceVerdict Of(string path, Func<string, Replay> play)
    {
        try
        {
            using Replay replay = play(path);
            return Of(path, replay);
        }
        catch (InputException e)
        {
            return new TraceVerdict(path, 0, 0, 0, [], null, e.Message);
        }
    }

    /// <summary>The verdict on a trace that has been played.</summary>
    public static TraceVerdict Of(string path, Replay replay)
    {
        ReplayTally tally = replay.Tally;
        bool isUnmet = tally.Unmet.Count > 0;
        return new TraceVerdict(
            path, tally.Records, tally.Checked, tally.Refused, tally.Unmet,
            isUnmet ? replay.Stop?.Message : null,
            isUnmet ? null : replay.Stop?.Message);
    }
}
