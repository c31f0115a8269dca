namespace XePt.Tests.Compare;

/// <summary>
/// The names of the contract's lines, and of the lines that commits are compared by, do not change: tables of different days are read side
/// by side. A line more is added to the list (<c>XEPT_UPDATE_GOLDEN=1</c>); one that is gone or called otherwise somebody has to want.
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

            """.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Golden, names);
        Assert.Equal(File.ReadAllText(Golden).ReplaceLineEndings("\n"), names);
    }

    private static string Names(string program, string list) => BenchPrograms.Run(program, 0, list).TrimEnd();
}
