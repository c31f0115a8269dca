namespace XePt.Tests;

/// <summary>
/// Rules that XePt does not claim yet, with what they wait for. A rule that is neither here nor named by a test fails the conformance test,
/// and so does one that is both. Of a rule in <see cref="PartlyTestedRules"/> a test names some clauses only.
/// </summary>
internal static class UnclaimedRules
{
    /// <summary>What only debug builds of the driver print.</summary>
    private const string DebugLines = "nothing: only debug builds of the driver print them; here there are events";

    /// <summary>What is left of a hang, and statistics of clients.</summary>
    public const string Dump = "hang snapshots and client statistics";

    /// <summary>Signals to the caller, locks and tests of the reference, the kernel's own VM, stolen and imported memory, commands of the
    /// copy engine.</summary>
    public const string NotHere = "nothing: there is no such thing in XePt";

    /// <summary>XePt does something else on purpose, and <c>docs/deviations.md</c> says what and why.</summary>
    public const string Deviates = "nothing: XePt does otherwise on purpose (deviations.md)";

    // A..B stands for every rule of the specification from A to B.
    private static readonly (string Why, string Rules)[] Groups =
    [
        (DebugLines, "PT-198 PT-199"),
        (Dump, "BIND-278..BIND-280"),
        (NotHere, "BIND-045 EVT-011 EVT-013 HST-032 MADV-022 PT-101 PT-208 Q-12 SVM-189"),
        (Deviates, "SVM-143"),
    ];

    /// <summary>Those of the rules that are not claimed, with what each waits for.</summary>
    /// <exception cref="InvalidOperationException">A group names a rule that does not exist, or two name the same.</exception>
    public static Dictionary<string, string> Among(IReadOnlyList<string> rules)
    {
        var waiting = new Dictionary<string, string>();
        foreach ((string why, string groups) in Groups)
        {
            foreach (string group in groups.Split(' '))
            {
                string[] ends = group.Split("..");
                string[] found = [
                    .. rules.Where(rule => string.CompareOrdinal(rule, ends[0]) >= 0 && string.CompareOrdinal(rule, ends[^1]) <= 0)];
                if (found.Length == 0 || !found.All(rule => waiting.TryAdd(rule, why)))
                    throw new InvalidOperationException($"{group} names no rule, or one that another group names");
            }
        }

        return waiting;
    }
}
