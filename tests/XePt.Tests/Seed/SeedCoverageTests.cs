using System.Globalization;
using System.Reflection;
using XePt.Tests.Devices;

namespace XePt.Tests.Seed;

/// <summary>Every row of the seed table has a test that names it.</summary>
public class SeedCoverageTests
{
    [Fact]
    public void Every_hunk_of_the_table_and_the_commit_message_are_named_by_a_test()
    {
        int[] rows = [.. SpecTables.Below("02-bind.md", "## 21. Seed hunk to rules")
            .Select(cells => cells[0] == "-" ? SeedHunkAttribute.CommitMessage : int.Parse(cells[0], CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(1, 42).Append(SeedHunkAttribute.CommitMessage), rows);

        HashSet<int> named = [.. HunksOf(Methods.Where(IsTest))];
        Assert.Empty(rows.Except(named));
    }

    [Fact]
    public void No_test_names_a_hunk_that_does_not_exist() =>
        Assert.All(HunksOf(Methods), hunk => Assert.InRange(hunk, SeedHunkAttribute.CommitMessage, 42));

    private static IEnumerable<MethodInfo> Methods => typeof(SeedCoverageTests).Assembly.GetTypes().SelectMany(type => type.GetMethods());

    private static IEnumerable<int> HunksOf(IEnumerable<MethodInfo> methods) =>
        methods.SelectMany(method => method.GetCustomAttributes<SeedHunkAttribute>()).Select(hunk => hunk.Number);

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes<FactAttribute>().Any(fact => fact.Skip is null);
}
