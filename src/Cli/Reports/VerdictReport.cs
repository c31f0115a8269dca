using System.Text.Json;
using XePt.Cli.Console;

namespace XePt.Cli.Reports;

/// <summary>Several traces, a line each; below those that failed, what is wrong.</summary>
internal static class VerdictReport
{
    /// <param name="verdicts">The traces.</param>
    /// <param name="isChecked">Whether they were compared with what they expect.</param>
    /// <param name="isQuiet">Say nothing about those that are good.</param>
    public static void Write(Terminal terminal, IReadOnlyList<TraceVerdict> verdicts, bool isChecked, bool isQuiet)
    {
        foreach (TraceVerdict verdict in verdicts.Where(verdict => !isQuiet || !verdict.IsGood))
            Write(terminal, verdict, isChecked);
        if (!isQuiet || verdicts.Any(verdict => !verdict.IsGood))
            WriteTotals(terminal, verdicts, isChecked);
    }

    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<TraceVerdict> verdicts)
    {
        json.WriteObjects("traces", verdicts, verdict =>
        {
            json.WriteString("trace", verdict.Path);
            json.WriteBoolean("good", verdict.IsGood);
            json.WriteNumber("records", verdict.Records);
            json.WriteNumber("checked", verdict.Checked);
            json.WriteNumber("rejected", verdict.Refused);
            json.WriteObjects("unexpected", verdict.Unmet, record =>
            {
                json.WriteNumber("line", record.Line);
                json.WriteString("name", record.Name);
                json.WriteTexts("differences", record.Differences);
            });
            json.WriteString("stop", verdict.Stop);
            json.WriteString("malformed", verdict.Malformed);
        });
        json.WriteNumber("good", verdicts.Count(verdict => verdict.IsGood));
        json.WriteNumber("failed", verdicts.Count(verdict => verdict.Unmet.Count > 0));
        json.WriteNumber("malformed", verdicts.Count(verdict => verdict.Malformed is not null));
    }

    private static void Write(Terminal terminal, TraceVerdict verdict, bool isChecked)
    {
        (string word, Ink ink) = verdict switch
        {
            { Malformed: not null } => ("BAD ", Ink.Bad),
            { IsGood: false } => ("FAIL", Ink.Bad),
            _ => (isChecked ? "ok  " : "    ", Ink.Good),
        };
        terminal.Line(new InkText().Add(word, ink).Add($"  {verdict.Path}: {Counts(verdict, isChecked)}"), hang: 6);
        foreach (string fault in verdict.Faults)
            terminal.Line($"        {fault}", Ink.Bad, hang: 10);
    }

    private static string Counts(TraceVerdict verdict, bool isChecked)
    {
        if (verdict.Malformed is not null)
            return "cannot be played";
        string played = $"{Count.Of(verdict.Records, "record")}, {verdict.Refused} refused";
        return !isChecked ? played : verdict.IsGood
            ? $"{played}, {verdict.Checked} checked" : $"{played}, {verdict.Unmet.Count} of {verdict.Checked} checked not as expected";
    }

    private static void WriteTotals(Terminal terminal, IReadOnlyList<TraceVerdict> verdicts, bool isChecked)
    {
        int bad = verdicts.Count(verdict => verdict.Malformed is not null), failed = verdicts.Count(verdict => verdict.Unmet.Count > 0);
        string good = isChecked ? $"{verdicts.Count - bad - failed} as expected, {failed} not" : $"{verdicts.Count - bad} played";
        terminal.Line($"{Count.Of(verdicts.Count, "trace")}: {good}{(bad == 0 ? "" : $", {bad} cannot be played")}",
            bad + failed == 0 ? Ink.Good : Ink.Bad);
    }
}
