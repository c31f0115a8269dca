namespace XePt.Cli.Vectors;

/// <summary>How a case ended.</summary>
internal enum CaseOutcome
{
    /// <summary>Everything is as the vector says.</summary>
    Passed,

    /// <summary>Something differs.</summary>
    Failed,

    /// <summary>The case runs into a named defect of the reference and does the right thing instead.</summary>
    Deviating,
}

/// <summary>The result of one case.</summary>
/// <param name="Name">The case's id, or what it is about.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Difference">The first difference of a case that failed or deviates.</param>
internal sealed record CaseResult(string Name, CaseOutcome Outcome, Difference? Difference)
{
    /// <summary>Passed without a difference, failed with one.</summary>
    public static CaseResult Of(string name, Difference? difference) =>
        new(name, difference is null ? CaseOutcome.Passed : CaseOutcome.Failed, difference);
}
