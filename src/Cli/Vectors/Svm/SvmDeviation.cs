namespace XePt.Cli.Vectors.Svm;

/// <summary>Where XePt differs from the reference on purpose (specification 04 chapter 21, second table), each known by its kind.</summary>
internal static class SvmDeviation
{
    /// <summary>Q2: the reference never ends the fault; here it is nacked.</summary>
    public const string Endless = "Q2: nacked after a bounded number of turns";

    private const string Acked = "Q1: nacked instead of acked without a mapping";

    /// <summary>The kind of a difference, or null when it is none that is known.</summary>
    public static string? Of(string key, SvmStep step, string expected, string actual, Dictionary<string, string> found) =>
        key == "err" && step.Do == "gpu_fault" && expected == "0" && IsNacked(found) && !Binds(found) ? Acked
        : key == "tlb" && step.Do == "madvise" && Covers(actual, expected) ? "Q10: the invalidation covers objects that are cut through"
        : key == "tlb" && Covers(actual, expected) ? "Q4: the invalidation covers everything that was zapped"
        : null;

    /// <summary>A fault has ended with an errno.</summary>
    public static bool IsNacked(Dictionary<string, string> found) => found.GetValueOrDefault("err", "0") != "0";

    private static bool Binds(Dictionary<string, string> found) =>
        found.GetValueOrDefault("pt", "").Contains("\"bind\"", StringComparison.Ordinal);

    private static bool Covers(string actual, string expected) => TlbRecord.Covers(TlbRecord.Parse(actual), TlbRecord.Parse(expected));
}
