using XePt.Cli;
using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>What somebody sees who does not know the tool yet, or mistypes something.</summary>
public class HelpTests
{
    private static readonly string[] AllVerbs = [.. XeptTool.Create().Subcommands.Select(verb => verb.Name)];

    public static TheoryData<string> Verbs => [.. AllVerbs];

    [Fact]
    public void Help_is_not_an_error_and_lists_all_verbs()
    {
        CliRun run = CliRun.Of("--help");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(AllVerbs, verb => Assert.Contains($"\n  {verb} ", run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void The_tool_alone_shows_the_same_help_and_says_what_is_missing()
    {
        CliRun run = CliRun.Of();
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Equal($"{CliRun.Of("--help").Out}\nxept: no verb given\n", run.Error);
    }

    [Fact]
    public void Help_is_also_a_verb()
    {
        Assert.Equal(CliRun.Of("--help"), CliRun.Of("help"));
        Assert.Equal(CliRun.Of("--help"), CliRun.Of("help", "help"));
        Assert.Equal(CliRun.Of("run", "--help"), CliRun.Of("help", "run"));
        Assert.EndsWith("\nxept: unknown verb 'rnu'; did you mean 'run'?\n", CliRun.Of("help", "rnu").Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Help_of_a_verb_has_usage_examples_and_exit_codes(string verb)
    {
        CliRun run = CliRun.Of(verb, "--help");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"\nusage\n  xept {verb} ", run.Out, StringComparison.Ordinal);
        Assert.Contains($"\nexamples\n  xept {verb}", run.Out, StringComparison.Ordinal);
        Assert.Contains("\nexit codes\n  0  ", run.Out, StringComparison.Ordinal);
        Assert.Contains("\n  2  ", run.Out, StringComparison.Ordinal);
    }

    /// <summary>Everything but the files that an earlier command makes is there, so the examples can be typed in as they are.</summary>
    [Theory]
    [MemberData(nameof(Verbs))]
    public void The_examples_of_the_help_are_understood(string verb)
    {
        string[] lines = CliRun.Of(verb, "--help").Out.Split('\n');
        string[] examples = [.. lines.SkipWhile(line => line != "examples").TakeWhile(line => line != "exit codes")
            .Where(line => line.StartsWith("  xept ", StringComparison.Ordinal))];
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            string[] words = [.. example.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
            // What follows two dashes is another program's.
            Assert.All(words.TakeWhile(word => word != "--").Where(word => word.Contains('/', StringComparison.Ordinal)),
                path => Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, path)), path));
            CliRun run = CliRun.Of([words[0], "--help", .. words[1..]]);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            if (verb is "explain" or "pte" or "walk" or "map")
                Assert.Equal(0, CliRun.Of([.. words.Select(word =>
                    word.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(RepositoryPaths.Root, word) : word)]).ExitCode);
        }
    }

    [Theory]
    [InlineData("xept: unknown verb 'rnu'; did you mean 'run'?", "rnu", "T")]
    [InlineData("xept: unknown verb 'Explain'; did you mean 'explain'?", "Explain")]
    [InlineData("xept: unknown verb 'exp'; did you mean 'explain'?", "exp")]
    [InlineData("xept: unknown verb 'fly'", "fly")]
    [InlineData("xept: unknown verb 'top1'; did you mean 'top'?", "top1")]
    [InlineData("xept: unknown verb 'foo'", "foo")]
    [InlineData("xept: unknown verb 'version'; did you mean '--version'?", "version")]
    [InlineData("xept: unknown verb 'hepl'; did you mean 'help'?", "hepl")]
    [InlineData("xept: unknown option '--jsn'", "--jsn")]
    [InlineData("xept: unknown option '--colour'; did you mean '--color'?", "--colour", "T")]
    [InlineData("xept run: unknown option '--exepct'; did you mean '--expect'?", "run", "--exepct", "T")]
    [InlineData("xept run: unknown option '--exepct'; did you mean '--expect'?", "run", "T", "--exepct")]
    [InlineData("xept run: unknown option '--exepct'; did you mean '--expect'?", "run", "--exepct")]
    [InlineData("xept pte: unknown option '--plat'; did you mean '--platform'?", "pte", "0", "--plat", "bmg", "--level", "0")]
    [InlineData("xept walk: unknown option '-x'", "walk", "-x", "t", "0")]
    public void A_mistyped_name_is_named_with_the_nearest_one_and_the_help(string message, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        string[] lines = run.Error.TrimEnd('\n').Split('\n');
        // Last: the help is longer than a terminal is high.
        Assert.Equal(message, lines[^1]);
        Assert.Contains("usage", lines);
        Assert.Contains("examples", lines);
    }

    [Theory]
    [InlineData("--json takes no value (see xept run --help)", "run", "--json=1", "T")]
    [InlineData("--all takes no value (see xept map --help)", "map", "T", "--all:yes")]
    [InlineData("T: no such file", "run", "--json=true", "T")]
    [InlineData("--json=1: no such file", "run", "--", "--json=1")]
    public void A_value_that_a_switch_does_not_take_is_not_blamed_on_the_trace(string message, params string[] args) =>
        CliRun.Of(args).IsBadInput(message);

    [Fact]
    public void What_follows_two_dashes_is_no_option() => CliRun.Of("run", "--", "--exepct").IsBadInput("--exepct: no such file");

    [Theory]
    [InlineData("stres", "stress")]
    [InlineData("pet", "pte")]
    [InlineData("dif", "diff")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found_only_when_it_is_near(string mistyped, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(mistyped, AllVerbs));
}
