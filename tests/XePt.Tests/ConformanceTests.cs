using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace XePt.Tests;

/// <summary>
/// <c>docs/conformance.md</c> is made from the <see cref="RuleAttribute"/>s of the tests and the rule ids of the specification. A rule is
/// claimed when tests assert its every clause; <see cref="PartlyTestedRules"/> says of which some are missing, <see cref="UnclaimedRules"/>
/// what the others wait for. Set <c>XEPT_UPDATE_GOLDEN=1</c> to write it anew.
/// </summary>
public partial class ConformanceTests
{
    private static readonly string[] Documents =
    [
        "spec/01-uapi.md", "spec/02-bind.md", "spec/03-page-tables.md", "spec/04-faults-svm.md", "spec/05-render-node.md", "drm-core.md",
        "uapi-rest.md",
    ];

    private static string Path => System.IO.Path.Combine(RepositoryPaths.Root, "docs", "conformance.md");

    private static SortedDictionary<string, List<string>> TestsByRule { get; } = Collect();

    [Fact]
    public void The_conformance_table_is_up_to_date()
    {
        string table = Render();
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Path, table);
        Assert.Equal(table, File.ReadAllText(Path));
    }

    [Fact]
    public void Every_rule_that_a_test_claims_exists()
    {
        // A claim that starts with a digit names a section, where the specification has no numbered rule.
        Assert.Superset(TestsByRule.Keys.Where(id => !char.IsAsciiDigit(id[0])).ToHashSet(), Rules(Documents).ToHashSet());
    }

    [Fact]
    public void Every_rule_is_tested_or_waits_for_something_that_is_named()
    {
        string[] rules = Rules(Documents);
        Dictionary<string, string> waiting = UnclaimedRules.Among(rules);
        Assert.Equal([], rules.Where(rule => TestsByRule.ContainsKey(rule) == waiting.ContainsKey(rule)));
    }

    [Fact]
    public void A_rule_that_is_claimed_in_part_is_named_by_a_test() =>
        Assert.Equal([], PartlyTestedRules.All.Keys.Where(rule => !TestsByRule.ContainsKey(rule)));

    private static SortedDictionary<string, List<string>> Collect()
    {
        var rules = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Type type in typeof(ConformanceTests).Assembly.GetTypes())
        {
            foreach (RuleAttribute rule in type.GetCustomAttributes<RuleAttribute>())
                Add(rules, rule.Id, type.Name);
            foreach (MethodInfo method in type.GetMethods(
                BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                foreach (RuleAttribute rule in method.GetCustomAttributes<RuleAttribute>())
                    Add(rules, rule.Id, $"{type.Name}.{method.Name}");
            }
        }

        return rules;
    }

    private static void Add(SortedDictionary<string, List<string>> rules, string id, string test)
    {
        if (!rules.TryGetValue(id, out List<string>? tests))
            rules[id] = tests = [];
        tests.Add(test);
    }

    private static string Render()
    {
        var text = new StringBuilder(
            "# Conformance\n\nMade by `ConformanceTests`; do not edit. A rule is claimed when tests assert its every clause, and claimed " +
            "in part when some are missing.\n" +
            "Rules without a row of their own in a test are covered, if at all, by the reference vectors.\n");
        Dictionary<string, string> waiting = UnclaimedRules.Among(Rules(Documents));
        foreach (string document in Documents)
        {
            string[] rules = Rules(document);
            PartlyTestedRules.Part[] parts = [
                .. rules.Where(PartlyTestedRules.All.ContainsKey).Select(rule => PartlyTestedRules.All[rule])];
            string[] whole = [.. rules.Where(TestsByRule.ContainsKey).Except(parts.Select(part => part.Rule))];
            text.Append(
                $"\n## {System.IO.Path.GetFileName(document)}\n\n{whole.Length} of {rules.Length} rules are claimed, and {parts.Length} " +
                $"in part.\n");
            RenderWhole(text, whole);
            RenderParts(text, parts);
            foreach (IGrouping<string, string> group in rules.Where(waiting.ContainsKey).GroupBy(rule => waiting[rule]))
                text.Append($"\nNot claimed, waiting for {group.Key}: {string.Join(", ", group)}.\n");
        }

        return text.ToString();
    }

    private static void RenderWhole(StringBuilder text, string[] rules)
    {
        if (rules.Length == 0)
            return;
        text.Append("\n| rule | tests |\n|---|---|\n");
        foreach (string rule in rules)
            text.Append($"| {rule} | {TestsOf(rule)} |\n");
    }

    private static void RenderParts(StringBuilder text, PartlyTestedRules.Part[] parts)
    {
        if (parts.Length == 0)
            return;
        text.Append("\n| partly | asserted | missing | waits for | tests |\n|---|---|---|---|---|\n");
        foreach (PartlyTestedRules.Part part in parts)
            text.Append($"| {part.Rule} | {part.Asserted} | {part.Missing} | {part.WaitsFor} | {TestsOf(part.Rule)} |\n");
    }

    private static string TestsOf(string rule) =>
        string.Join("<br>", TestsByRule.GetValueOrDefault(rule, []).Order(StringComparer.Ordinal).Select(test => test.Replace('_', ' ')));

    private static string[] Rules(params string[] documents) =>
    [
        .. documents.SelectMany(
            document => RuleId().Matches(File.ReadAllText(System.IO.Path.Combine(RepositoryPaths.Root, "docs", document))))
            .Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
    ];

    // A rule is defined in the first cell of a table row, or else in the second, or in bold at the start of a paragraph, where another may
    // follow it with a colon. EX-01 and so on are examples.
    [GeneratedRegex(
        @"(?:^(?:\|(?:[^|\n]*\|)??\s*)?\*{0,2}(?!EX-)|(?<=\. )(?=[A-Z]+-\d+: ))([A-Z]{1,4}-\d{2,3}[a-z]?)\b", RegexOptions.Multiline)]
    private static partial Regex RuleId();
}
