using System.Text.RegularExpressions;

namespace XePt.Tests.Compare;

/// <summary>Whoever looks into a line of the performance contract finds benchmarks of its name.</summary>
public sealed partial class ContractCategoryTests
{
    [Fact]
    public void EachLineOfTheContractHasACategoryOfBenchmarks()
    {
        string bench = Path.Combine(RepositoryPaths.Root, "bench", "XePt.Bench");
        string[] lines = [.. CategoriesOf(Path.Combine(bench, "Contract", "Lines"), LineCategory())];
        string[] benchmarks = [.. CategoriesOf(bench, BenchmarkCategory())];

        string[] named = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14"];
        Assert.Empty(named.Except(lines));
        Assert.Superset(new HashSet<string>(["Memory", "Growth", "Calls", "Start-up", "Replay", "Verify"]), lines.ToHashSet());
        Assert.Empty(lines.Except(benchmarks));
    }

    private static IEnumerable<string> CategoriesOf(string folder, Regex pattern) => Directory
        .EnumerateFiles(folder, "*.cs")
        .SelectMany(file => pattern.Matches(File.ReadAllText(file)))
        .SelectMany(match => match.Groups["name"].Captures.Select(name => name.Value));

    [GeneratedRegex("""["](?<name>P\d+)["]|[(]["](?<name>[A-Z][a-z-]+)["],|Category = ["](?<name>[A-Za-z-]+)["]""")]
    private static partial Regex LineCategory();

    [GeneratedRegex("""\[BenchmarkCategory\((?:"(?<name>[A-Za-z0-9-]+)"(?:,\s)?)+\)\]""")]
    private static partial Regex BenchmarkCategory();
}
