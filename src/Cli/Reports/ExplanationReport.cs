using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Explain;
using XePt.Cli.Traces;
using XePt.Uapi;

namespace XePt.Cli.Reports;

/// <summary>Why calls are rejected.</summary>
internal static class ExplanationReport
{
    /// <param name="listChecks">Show every check of each call.</param>
    public static void Write(Terminal terminal, IReadOnlyList<Explanation> explanations, bool listChecks)
    {
        if (explanations.Count == 0)
            terminal.Line("no call is rejected");
        foreach (Explanation explanation in explanations)
        {
            CallOutcome outcome = explanation.Outcome;
            string place = outcome.Line > 0 ? $"line {outcome.Line}: " : "";
            terminal.Line($"{place}{outcome.Title} {outcome.Result.Text}", hang: 4);
            terminal.Line($"  {Verdict(outcome)}", outcome.Result.Errno == Errno.Ok ? Ink.Good : Ink.Bad, hang: 4);
            if (explanation.Rejecting is { } check)
                terminal.Line($"  check {check.Number} of {explanation.Checks.Count} of this call");
            if (listChecks && explanation.Checks.Count > 0)
                WriteChecks(terminal, explanation);
        }
    }

    /// <summary>Writes the fields of an explanation into an object that the caller has begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, Explanation explanation)
    {
        if (explanation.Outcome.Line > 0)
            json.WriteNumber("line", explanation.Outcome.Line);
        CallReport.WriteResult(json, explanation.Outcome);
        json.WriteObjects("checks", explanation.Checks, check =>
        {
            json.WriteNumber("number", check.Number);
            json.WriteString("verdict", TextOf(check.Verdict));
            json.WriteString("rule", check.Rule.RuleId);
            json.WriteErrno(check.Rule.Errno);
            json.WriteString("fields", check.Rule.Fields);
            json.WriteString("because", check.Rule.Because);
        });
    }

    private static string Verdict(CallOutcome outcome) =>
        outcome.Result.Errno == Errno.Ok ? "accepted" : outcome.Result.Why.ToString();

    private static void WriteChecks(Terminal terminal, Explanation explanation)
    {
        terminal.Line();
        terminal.Table([Column.Number("#"), "verdict", "rule", "errno", "field", Column.Prose("refuses because")],
            explanation.Checks.Select(check => new Cell[]
        {
            check.Number.ToString(CultureInfo.InvariantCulture),
            new(TextOf(check.Verdict), InkOf(check.Verdict)),
            check.Rule.RuleId,
            ErrnoText.Of(check.Rule.Errno),
            check.Rule.Fields,
            check.Rule.Because,
        }));
    }

    private static string TextOf(Verdict verdict) => verdict switch
    {
        Explain.Verdict.Passed => "passed",
        Explain.Verdict.Rejected => "REJECTED",
        _ => "not reached",
    };

    private static Ink InkOf(Verdict verdict) => verdict switch
    {
        Explain.Verdict.Passed => Ink.Good,
        Explain.Verdict.Rejected => Ink.Bad,
        _ => Ink.Faint,
    };
}
