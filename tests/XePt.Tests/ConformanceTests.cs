using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace XePt.Tests;

/// <summary>
/// <c>docs/conformance.md</c> is made from the <see cref="RuleAttribute"/>s of the tests and the rule ids of the specification. Set
/// <c>XEPT_UPDATE_GOLDEN=1</c> to write it anew.
/// </summary>
public partial class ConformanceTests
{
    // The documents whose rules the engine claims; 04 and 05 belong to later work.
    private static readonly string[] Documents = ["spec/01-uapi.md", "spec/02-bind.md", "spec/03-page-tables.md", "drm-core.md"];

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
        string docs = System.IO.Path.Combine(RepositoryPaths.Root, "docs");
        var known = SpecifiedRules([.. System.IO.Directory.GetFiles(System.IO.Path.Combine(docs, "spec"), "*.md"), System.IO.Path.Combine(docs, "drm-core.md")]).ToHashSet();
        // A claim that starts with a digit names a section, where the specification has no numbered rule.
        Assert.Superset(TestsByRule.Keys.Where(id => !char.IsAsciiDigit(id[0])).ToHashSet(), known);
    }

    [Fact]
    public void Every_rule_is_tested_or_waits_for_something_that_is_named()
    {
        string[] rules = [.. SpecifiedRules([.. Documents.Select(document => System.IO.Path.Combine(RepositoryPaths.Root, "docs", document))])];
        Assert.Equal([], rules.Where(rule => !TestsByRule.ContainsKey(rule) && !UnclaimedRules.All.ContainsKey(rule)));
        Assert.Equal([], UnclaimedRules.All.Keys.Where(rule => TestsByRule.ContainsKey(rule) || !rules.Contains(rule)));
    }

    private static SortedDictionary<string, List<string>> Collect()
    {
        var rules = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Type type in typeof(ConformanceTests).Assembly.GetTypes())
        {
            foreach (RuleAttribute rule in type.GetCustomAttributes<RuleAttribute>())
                Add(rules, rule.Id, type.Name);
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
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
        var text = new StringBuilder("# Conformance\n\nMade by `ConformanceTests`; do not edit. Rules without a row of their own in a test are covered, if at all, by the reference vectors.\n");
        foreach (string document in Documents)
        {
            string[] rules = [.. SpecifiedRules(System.IO.Path.Combine(RepositoryPaths.Root, "docs", document))];
            string[] missing = [.. rules.Where(rule => !TestsByRule.ContainsKey(rule))];
            text.Append($"\n## {System.IO.Path.GetFileName(document)}\n\n{rules.Length - missing.Length} of {rules.Length} rules are named by a test.\n\n| rule | tests |\n|---|---|\n");
            foreach (string rule in rules.Except(missing))
                text.Append($"| {rule} | {string.Join("<br>", TestsByRule[rule].Order(StringComparer.Ordinal).Select(test => test.Replace('_', ' ')))} |\n");
            foreach (IGrouping<string, string> group in missing.GroupBy(rule => UnclaimedRules.All.GetValueOrDefault(rule, "nobody knows what")))
                text.Append($"\nNot claimed, waiting for {group.Key}: {string.Join(", ", group)}.\n");
        }

        return text.ToString();
    }

    private static IEnumerable<string> SpecifiedRules(params string[] files) =>
        files.SelectMany(file => RuleId().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal);

    // A rule is defined in the first or second cell of a table row, or in bold at the start of a paragraph.
    [GeneratedRegex(@"^(?:\|(?:[^|\n]*\|)?\s*)?\*{0,2}([A-Z]{1,4}-\d{2,3}[a-z]?)\b", RegexOptions.Multiline)]
    private static partial Regex RuleId();
}
