using System.Text.RegularExpressions;
using XePt.Cli;
using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>
/// What each verb (<see cref="Scene"/>) writes on terminals of several widths and into a pipe, as a person sees it: golden files in
/// <c>Cli/Golden</c>, which <c>XEPT_UPDATE_GOLDEN=1</c> writes anew. Beside them it is checked that no width loses or breaks a word.
/// </summary>
public partial class RenderingTests
{
    private const string ErrorOutput = "[error output]";

    private static readonly int[] Widths = [80, 100, 120, 200];

    /// <summary>Scenes that are also looked at in colour.</summary>
    private static readonly string[] Coloured =
    [
        "help", "help-run", "run", "run-unmet", "run-many", "map", "map-57-bits", "svm", "walk", "walk-scratch", "pte-reserved",
        "explain-line", "diff", "uapi", "verify-failing", "stress", "stress-violations", "profile", "top", "import", "exec",
    ];

    private static readonly string Golden = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Cli", "Golden");

    public static TheoryData<string> Names => [.. Scene.All.Keys];

    public static TheoryData<string> ColouredNames => [.. Coloured];

    public static TheoryData<string, int> NamesAndWidths
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string name in Scene.All.Keys)
            {
                foreach (int width in Widths.Append(Screen.Unlimited))
                    data.Add(name, width);
            }

            return data;
        }
    }

    /// <summary>The catalogue of verbs says which there are, so a new one needs scenes, too.</summary>
    [Fact]
    public void Every_verb_has_golden_files_of_its_output_its_help_and_its_colours_and_there_are_no_others()
    {
        string[] verbs = [.. XeptTool.Create().Subcommands.Select(verb => verb.Name)];
        Assert.All(verbs, verb => Assert.Contains(verb, Scene.All.Keys));
        Assert.All(verbs, verb => Assert.Contains($"help-{verb}", Scene.All.Keys));
        Assert.All(verbs, verb => Assert.Contains(Coloured, name => name == verb || name.StartsWith($"{verb}-", StringComparison.Ordinal)));
        IEnumerable<string> expected = Scene.All.Keys
            .SelectMany(name => Widths.Select(width => $"{name}.{width}.txt").Append($"{name}.piped.txt"))
            .Concat(Coloured.Select(name => $"{name}.color.txt"));
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), Directory.GetFiles(Golden).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(NamesAndWidths))]
    public void A_verb_looks_as_it_should(string name, int width) =>
        Check($"{name}.{(width == Screen.Unlimited ? "piped" : width)}", Render(name, new Screen(width, HasColor: false)));

    /// <summary>Escape sequences are readable as <c>^[</c>.</summary>
    [Theory]
    [MemberData(nameof(ColouredNames))]
    public void Colours_are_where_they_should_be(string name) =>
        Check($"{name}.color", Render(name, new Screen(120, HasColor: true)).Replace("\e", "^[", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_width_loses_or_breaks_a_word(string name)
    {
        string piped = Render(name, Screen.Plain);
        foreach (int width in Widths)
        {
            string text = Render(name, new Screen(width, HasColor: false));
            Assert.Equal(WordsOf(Bars().Replace(piped, "[]")), WordsOf(Bars().Replace(text, "[]")));
            // Records of a trace are lines of a file, however long.
            Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width || line.StartsWith('{'), $"{width}: {line}"));
            Assert.DoesNotMatch(Intervals(), text);
        }
    }

    [Fact]
    public void Colours_change_no_text()
    {
        string plain = Render("run", new Screen(100, HasColor: false)), colored = Render("run", new Screen(100, HasColor: true));
        Assert.NotEqual(plain, colored);
        Assert.Equal(plain, Codes().Replace(colored, ""));
    }

    [Theory]
    [InlineData("always", false, true)]
    [InlineData("ALWAYS", true, true)]
    [InlineData("never", true, false)]
    [InlineData("auto", true, true)]
    [InlineData("auto", false, false)]
    public void Color_is_as_asked_whatever_the_screen(string choice, bool hasColor, bool isColored)
    {
        var screen = new Screen(100, hasColor);
        string map = CliRun.Of(screen, "map", CliRun.Sample("mirror-lifecycle.xetrace"), "--color", choice).Out;
        string help = CliRun.Of(screen, "--color", choice, "run", "--help").Out;
        Assert.All([map, help], text => Assert.Equal(isColored, text.Contains('\e', StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, "xterm-256color", true)]
    [InlineData(null, null, true)]
    [InlineData("", "xterm", true)]
    [InlineData("1", "xterm", false)]
    [InlineData("0", "xterm", false)]
    [InlineData(null, "dumb", false)]
    public void A_terminal_has_colours_unless_the_environment_says_otherwise(string? noColor, string? term, bool isColored) =>
        Assert.Equal(isColored, Screen.WantsEscapes(name => name == "NO_COLOR" ? noColor : name == "TERM" ? term : null));

    [Fact]
    public void A_color_that_is_none_is_refused() =>
        CliRun.Of("uapi", "--color", "blue").IsBadInput("--color: \"blue\" is neither auto, always nor never");

    [Fact]
    public void Without_unicode_all_is_ascii()
    {
        string text = Render("map-57-bits", new Screen(100, HasColor: false, HasUnicode: false));
        Assert.All(text, letter => Assert.True(char.IsAscii(letter)));
        Assert.Equal(
            Render("map-57-bits", new Screen(100, HasColor: false)),
            text.Replace("|- ", "├─ ", StringComparison.Ordinal).Replace("`- ", "└─ ", StringComparison.Ordinal)
                .Replace("|  ", "│  ", StringComparison.Ordinal));
    }

    /// <summary>What somebody sees: what goes to the output, then what goes to the error output, where there is anything.</summary>
    private static string Render(string name, Screen screen)
    {
        Scene scene = Scene.All[name];
        CliRun run = scene.Run(screen);
        Assert.Equal(scene.ExitCode, run.ExitCode);
        return run.Error.Length == 0 ? run.Out : $"{run.Out}{ErrorOutput}\n{run.Error}";
    }

    private static void Check(string name, string text)
    {
        string path = Path.Combine(Golden, $"{name}.txt");
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, text);

        Assert.True(File.Exists(path), $"{path} is missing; run with XEPT_UPDATE_GOLDEN=1");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), text);
    }

    private static IEnumerable<string> WordsOf(string text) =>
        text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\[0x[0-9a-f]+,\n")]
    private static partial Regex Intervals();

    /// <summary>Bars of maps and trees, which are as long as there is room.</summary>
    [GeneratedRegex(@"\[[46c21n0d.]+\]")]
    private static partial Regex Bars();

    [GeneratedRegex("\e\\[[0-9;]+m")]
    private static partial Regex Codes();
}
