using System.Text.Json;
using XePt.Cli;
using XePt.Cli.Console;
using XePt.Cli.Profile;

namespace XePt.Tests.Cli;

/// <summary>A command line run inside the test process, at the root of the repository, as those of README are.</summary>
/// <param name="ExitCode">What the tool returned.</param>
/// <param name="Out">Its output.</param>
/// <param name="Error">Its error output.</param>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static CliRun Of(params string[] args) => Of(Screen.Plain, args);

    /// <summary>Runs a command line whose output and errors go to a certain kind of screen; errors have no colours.</summary>
    public static CliRun Of(Screen screen, params string[] args) => Of(new EventPipeReader(), screen, args);

    /// <summary>Runs a command line in a tool that reads events in a certain way, or that cannot.</summary>
    public static CliRun Of(IEventReader? events, Screen screen, params string[] args)
    {
        // Each time: some runners go to the folder of the assembly after they have found the tests, others do not.
        Directory.SetCurrentDirectory(RepositoryPaths.Root);
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = XeptTool.Run(args, output, error, screen, screen with { HasColor = false }, events);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs a verb that must succeed, with <c>--json</c>.</summary>
    public static JsonElement Json(params string[] args)
    {
        CliRun run = Of([.. args, "--json"]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        return Parse(run.Out);
    }

    public static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>Path of a sample trace.</summary>
    public static string Sample(string name) => Path.Combine(RepositoryPaths.Root, "samples", name);

    /// <summary>Asserts that the input was refused with one line that contains a text, and nothing else.</summary>
    public void IsBadInput(string expected)
    {
        Assert.Equal(2, ExitCode);
        Assert.Equal("", Out);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }
}
