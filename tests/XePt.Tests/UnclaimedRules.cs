namespace XePt.Tests;

/// <summary>Rules that XePt does not claim yet, with what they wait for. A rule that is neither here nor named by a test fails the conformance test, and so
/// does one that is both.</summary>
internal static class UnclaimedRules
{
    private const string Advice = "memory advice (MADVISE)";
    private const string Mirrors = "shared virtual memory: pages of mirrors";
    private const string Reclaim = "page reclaim lists";
    private const string Events = "events and counters";
    private const string Dump = "hang snapshots and client statistics";
    private const string NotHere = "nothing to test";

    private static readonly (string Why, string Rules)[] Groups =
    [
        (Advice, "UAPI-031 BIND-173 BIND-174 BIND-175"),
        (Mirrors, "BIND-044 BIND-055 BIND-143 BIND-213 PT-071 PT-169 PT-197 Q-08"),
        (Reclaim, "PT-189 PT-190 PT-191 PT-192 PT-193 PT-194 PT-195 Q-04 Q-05"),
        (Events, "PT-198 PT-199 PT-200 PT-201 PT-202 PT-203 PT-204 PT-205"),
        (Dump, "BIND-278 BIND-279 BIND-280 BIND-281 BIND-282"),
        // Signals to the caller, locks and tests of the reference, stolen memory.
        (NotHere, "BIND-045 PT-101 PT-208 Q-12"),
    ];

    /// <summary>Rule to what it waits for.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } =
        Groups.SelectMany(group => group.Rules.Split(' ').Select(rule => (rule, group.Why))).ToDictionary(entry => entry.rule, entry => entry.Why);
}
