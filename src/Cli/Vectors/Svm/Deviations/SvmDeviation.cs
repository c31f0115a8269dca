namespace XePt.Cli.Vectors.Svm;

/// <summary>Where XePt differs from the reference on purpose (specification 04 chapter 21, second table), each row known by its kind: what
/// may differ in which step, to what, and that the outputs show the reason.</summary>
internal static class SvmDeviation
{
    /// <summary>The kind of a difference, or null when it is none that is known.</summary>
    /// <param name="key">The output that differs.</param>
    /// <param name="expected">The reference's output.</param>
    /// <param name="actual">That of XePt.</param>
    /// <param name="view">The step.</param>
    public static string? Of(string key, string expected, string actual, StepView view) => key switch
    {
        "err" => VainAnswer.KindOf(expected, view),
        "tlb" => WiderFlush.KindOf(expected, actual, view) ?? RefusingEntry.KindOf(key, expected, actual, view),
        _ => RefusingEntry.KindOf(key, expected, actual, view),
    };

    /// <summary>The kind of a fault that the reference never ends, or null when XePt has not ended it as it should.</summary>
    public static string? OfEndless(StepView view) =>
        view.IsFault && !view.NeedsVram && view.Errno is { } errno && PageErrors.Of(view) == errno
            ? "Q2: nacked after a bounded number of turns" : null;
}
