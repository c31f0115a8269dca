using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Fields;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Reports;

/// <summary>What came of each call of a trace.</summary>
internal static class CallReport
{
    /// <summary>With more calls than this, accepted calls of the same kind in a row are one line.</summary>
    private const int MaxListed = 100;

    /// <summary>Lists the calls; below each rejected one, the sentence that explains it.</summary>
    /// <param name="listAll">One line per call, however many there are.</param>
    public static void Write(Terminal terminal, IReadOnlyList<CallOutcome> outcomes, bool listAll)
    {
        for (int i = 0; i < outcomes.Count;)
        {
            int alike = listAll || outcomes.Count <= MaxListed ? 1 : AlikeFrom(outcomes, i);
            if (alike > 2)
                WriteAlike(terminal, [.. outcomes.Skip(i).Take(alike)]);
            else
                alike = WriteOne(terminal, outcomes[i]);
            i += alike;
        }

        int rejected = outcomes.Count(outcome => outcome.Result.Errno != Errno.Ok);
        terminal.Line($"{Count.Of(outcomes.Count, "call")}, {rejected} rejected");
    }

    /// <summary>Says which expectations are not met.</summary>
    public static void WriteExpectations(Terminal terminal, Replay replay)
    {
        ReplayTally tally = replay.Tally;
        foreach (UnmetRecord record in tally.Unmet)
        {
            foreach (string difference in record.Differences)
                terminal.Line($"line {record.Line}: {record.Title}: {difference}", Ink.Bad, hang: 4);
        }

        int failed = tally.Unmet.Count;
        if (replay.Stop is { } stop)
            terminal.Line($"the rest cannot be played after that: {stop.Message}", Ink.Bad, hang: 4);
        if (failed == 0)
            terminal.Line("everything is as expected", Ink.Good);
        else
            terminal.Line($"{failed} of {Count.Of(tally.Records, "record")} {(failed == 1 ? "is" : "are")} not as expected", Ink.Bad);
    }

    public static void WriteJson(Utf8JsonWriter json, Replay replay, IReadOnlyList<CallOutcome> outcomes)
    {
        json.WriteObjects("calls", outcomes, outcome => WriteFields(json, outcome));
        json.WriteNumber("rejected", replay.Tally.Refused);
        json.WriteNumber("unexpected", replay.Tally.Unmet.Count);
        json.WriteString("stop", replay.Stop?.Message);
    }

    private static int WriteOne(Terminal terminal, CallOutcome outcome)
    {
        bool isRefused = outcome.Result.Errno != Errno.Ok, isUnmet = outcome.Differences.Count > 0;
        Ink ink = isRefused ? Ink.Bad : Ink.Plain;
        terminal.Line(
            new InkText()
                .Add($"{(isUnmet ? ">" : " ")}{outcome.Line,5}  ", isUnmet ? Ink.Bad : Ink.Faint)
                .Add($"{outcome.Title} {outcome.Result.Text}: ", ink)
                .Add(ErrnoText.Of(outcome.Result.Errno), isRefused ? Ink.Bad : Ink.Good),
            hang: 8);
        // What was expected instead says why, too.
        string why = outcome.Result.Why.ToString();
        if (outcome.Result.Why.IsRejected && !outcome.Differences.Any(difference => difference.EndsWith(why, StringComparison.Ordinal)))
            terminal.Line($"        {why}", hang: 8);
        if (outcome.Effects is { } effects)
            terminal.Line($"        {effects}", Ink.Mirror, hang: 8);
        foreach (string difference in outcome.Differences)
            terminal.Line($">       {difference}", Ink.Bad, hang: 8);
        return 1;
    }

    private static void WriteAlike(Terminal terminal, CallOutcome[] alike)
    {
        terminal.Line($"{$"{alike[0].Line}-{alike[^1].Line}",6}  {alike[0].Title} x {alike.Length}: ok");
        SvmEffects[] effects = [.. alike.Select(outcome => outcome.Effects).OfType<SvmEffects>()];
        if (effects.Length > 0)
            terminal.Line($"        {effects.Aggregate((sum, next) => sum.With(next))}", Ink.Mirror, hang: 8);
    }

    private static int AlikeFrom(IReadOnlyList<CallOutcome> outcomes, int first)
    {
        int next = first;
        while (next < outcomes.Count && outcomes[next].Title == outcomes[first].Title
            && outcomes[next] is { Result.Errno: Errno.Ok, Differences.Count: 0 })
            next++;
        return next - first;
    }

    /// <summary>Writes what a call was and what it returned into an object that the caller has begun.</summary>
    public static void WriteResult(Utf8JsonWriter json, CallOutcome outcome)
    {
        json.WriteString("name", outcome.Name);
        if (outcome.Client is not null)
            json.WriteString("client", outcome.Client);
        json.WriteString("text", outcome.Result.Text);
        outcome.Fields?.Write(json, "fields");
        json.WriteErrno(outcome.Result.Errno);
        if (outcome.Made != 0)
            json.WriteNumber("made", outcome.Made);
        if (outcome.Result.Values.Count > 0)
        {
            json.WritePropertyName("values");
            json.WriteValues(outcome.Result.Values, json.WriteNumberValue);
        }

        if (outcome.Result.Outcome is { } end)
            json.WriteString("outcome", end);
        if (outcome.Result.Outcomes.Count > 0)
            json.WriteTexts("outcomes", outcome.Result.Outcomes);
        if (outcome.Result.Bytes is { } bytes)
            json.WriteString("bytes", Convert.ToHexStringLower(bytes));
        if (outcome.Result.Fields is { } fields)
        {
            json.WritePropertyName("returned");
            FieldJson.Write(json, fields);
        }

        if (outcome.Result.Why.IsRejected)
            RejectionJson.Write(json, outcome.Result.Why);
    }

    private static void WriteFields(Utf8JsonWriter json, CallOutcome outcome)
    {
        json.WriteNumber("line", outcome.Line);
        WriteResult(json, outcome);
        if (outcome.Effects is { } effects)
            SvmReport.WriteEffects(json, effects);
        if (outcome.Differences.Count > 0)
            json.WriteTexts("differences", outcome.Differences);
    }
}
