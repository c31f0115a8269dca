namespace XePt.Tests.Compare;

/// <summary>
/// The names of the contract's lines, of the lines that commits are compared by, and of the benchmarks do not change: tables of different
/// days are read side by side. A name more is added to the list (<c>XEPT_UPDATE_GOLDEN=1</c>); one that is gone or called otherwise
/// somebody has to want.
/// </summary>
public sealed class BenchmarkNameTests
{
    private static readonly string Golden = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Compare", "benchmark-names.txt");

    [Fact]
    public void Lines_are_called_what_they_have_always_been_called()
    {
        string names = $"""
            contract
            {Names("XePt.Contract", "--list")}
            compare
            {Names("XePt.Times", "--list")}
            benchmarks
            {string.Join('\n', Names("XePt.Bench", "--list", "flat").Split('\n').Order(StringComparer.Ordinal))}

            """.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Golden, names);
        Assert.Equal(File.ReadAllText(Golden).ReplaceLineEndings("\n"), names);
    }

    private static string Names(string program, params string[] list) => BenchPrograms.Run(program, 0, list).TrimEnd();
}
