using XePt.Cli.Traces;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Cli.Explain;

/// <summary>What a check said to a call.</summary>
internal enum Verdict
{
    /// <summary>It found nothing wrong.</summary>
    Passed,

    /// <summary>It refused the call.</summary>
    Rejected,

    /// <summary>An earlier one had refused the call.</summary>
    NotReached,
}

/// <summary>One check of a call.</summary>
internal readonly record struct JudgedCheck(int Number, CheckRule Rule, Verdict Verdict);

/// <summary>A call with all its checks in order, and the one that refused it.</summary>
internal sealed record Explanation(CallOutcome Outcome, IReadOnlyList<JudgedCheck> Checks)
{
    public static Explanation Of(CallOutcome outcome)
    {
        IReadOnlyList<CheckRule> rules = CheckOrder.Of(outcome.Name);
        Rejection why = outcome.Result.Why;
        int rejecting = why.IsRejected ? IndexOf(rules, why) : rules.Count;
        return new Explanation(outcome, [.. rules.Select((rule, i) => new JudgedCheck(
            i + 1, rule, i < rejecting ? Verdict.Passed : i == rejecting ? Verdict.Rejected : Verdict.NotReached))]);
    }

    /// <summary>The check that refused the call, or null.</summary>
    public JudgedCheck? Rejecting => Checks.Any(check => check.Verdict == Verdict.Rejected)
        ? Checks.First(check => check.Verdict == Verdict.Rejected)
        : null;

    /// <summary>Rule and sentence together name one check.</summary>
    private static int IndexOf(IReadOnlyList<CheckRule> rules, in Rejection why)
    {
        for (int i = 0; i < rules.Count; i++)
        {
            if (rules[i].RuleId == why.RuleId && rules[i].Because == why.Because && rules[i].Errno == why.Errno)
                return i;
        }

        return rules.Count;
    }
}
