namespace XePt.Tests.Cli;

/// <summary>Traces modelled on public bug reports and test suites (<c>tests/cases</c>): each record says what the driver does.</summary>
public class CaseTests
{
    public static TheoryData<string> Cases => [.. Directory.GetFiles(Folder, "*.xetrace").Select(path => Path.GetFileName(path)).Order()];

    private static string Folder => Path.Combine(RepositoryPaths.Root, "tests", "cases");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_record_of_a_case_gives_what_the_driver_does(string name)
    {
        CliRun run = CliRun.Of("run", Path.Combine(Folder, name), "--expect");
        Assert.Equal("", run.Error);
        Assert.Contains("everything is as expected", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }
}
