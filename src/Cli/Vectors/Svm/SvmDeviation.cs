using System.Globalization;
using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Where XePt differs from the reference on purpose (specification 04 chapter 21, second table), each known by its kind.</summary>
internal static class SvmDeviation
{
    /// <summary>Q2: the reference never ends the fault; here it is nacked.</summary>
    public const string Endless = "Q2: nacked after a bounded number of turns";

    private const string Unusable = "SVM-120: a mapping that is marked as valid and lets no such access pass is made anew";

    private const string Acked = "Q1: nacked instead of acked without a mapping";

    /// <summary>The kind of a difference, or null when it is none that is known.</summary>
    /// <param name="key">The output that differs.</param>
    /// <param name="step">The step.</param>
    /// <param name="expected">The reference's output.</param>
    /// <param name="actual">That of XePt.</param>
    /// <param name="found">All outputs of XePt after the step.</param>
    /// <param name="before">Those after the step before.</param>
    public static string? Of(
        string key, SvmStep step, string expected, string actual, Dictionary<string, string> found, Dictionary<string, string> before) =>
        key == "err" && step.Do == "gpu_fault" && expected == "0" && HasReason(step, found) && !Binds(found) ? Acked
        : (key is "pt" or "stats" or "tlb") && IsAnsweredWithoutWork(step) && !IsNacked(found) && BindsAtAll(found) ? Unusable
        : key == "tlb" && CoversMoreThatWasZapped(actual, expected, found, before)
            ? step.Do == "madvise" ? "Q10: the invalidation covers objects that are cut through"
                : "Q4: the invalidation covers everything that was zapped"
        : null;

    /// <summary>A fault has ended with an errno.</summary>
    public static bool IsNacked(Dictionary<string, string> found) => found.GetValueOrDefault("err", "0") != "0";

    /// <summary>What the pages or, for an atomic, their place has against the fault.</summary>
    private static bool HasReason(SvmStep step, Dictionary<string, string> found) =>
        IsNacked(found) && (found["err"] != ErrnoText(Errno.EACCES) || step.Input.Text("access") == "atomic");

    private static string ErrnoText(Errno error) => ((int)error).ToString(CultureInfo.InvariantCulture);

    private static bool Binds(Dictionary<string, string> found) =>
        found.GetValueOrDefault("pt", "").Contains("\"bind\"", StringComparison.Ordinal);

    /// <summary>The reference takes the marks for granted.</summary>
    private static bool IsAnsweredWithoutWork(SvmStep step) => step.Do == "gpu_fault" && !step.Output.TryGetProperty("pt", out _)
        && step.Output.TryGetProperty("err", out JsonElement error) && error.ValueKind == JsonValueKind.Number && error.GetInt32() == 0
        && step.Output.TryGetProperty("stats", out JsonElement tiles)
        && tiles.EnumerateArray().Any(tile => tile.EnumerateObject().Any(counter => IsOfValidMapping(counter.Name)));

    private static bool IsOfValidMapping(string counter) =>
        counter == "vma_pagefault_count" || counter.EndsWith("_valid_pagefault_count", StringComparison.Ordinal);

    private static bool BindsAtAll(Dictionary<string, string> found) =>
        found.GetValueOrDefault("pt", "").Contains("\"bind", StringComparison.Ordinal);

    private static bool CoversMoreThatWasZapped(
        string actual, string expected, Dictionary<string, string> found, Dictionary<string, string> before)
    {
        TlbRecord[] bound = [.. Bound(before), .. Bound(found)];
        return TlbRecord.Covers(TlbRecord.Parse(actual), TlbRecord.Parse(expected), bound);
    }

    /// <summary>The ranges and VMAs with entries, and on which tiles.</summary>
    private static IEnumerable<TlbRecord> Bound(Dictionary<string, string> outputs) =>
        TlbRecord.ParseStates(outputs.GetValueOrDefault("r", "")).Concat(TlbRecord.ParseStates(outputs.GetValueOrDefault("vma", "")));
}
