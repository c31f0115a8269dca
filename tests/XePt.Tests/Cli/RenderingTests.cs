using System.Text.RegularExpressions;
using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>
/// What each verb writes on terminals of several widths and into a pipe, as a person sees it: golden files in <c>Cli/Golden</c>, which
/// <c>XEPT_UPDATE_GOLDEN=1</c> writes anew. Beside them it is checked that no width loses or breaks a word.
/// </summary>
public partial class RenderingTests
{
    private static readonly int[] Widths = [80, 100, 120, 200];

    private static readonly Dictionary<string, string[]> CommandLines = new()
    {
        ["help"] = ["--help"],
        ["help-run"] = ["run", "--help"],
        ["help-profile"] = ["profile", "--help"],
        ["help-top"] = ["top", "--help"],
        ["help-import"] = ["import", "--help"],
        ["run"] = ["run", "samples/mirror-lifecycle.xetrace", "--expect"],
        ["run-async"] = ["run", "samples/async-binds.xetrace"],
        ["run-tiles"] = ["run", "samples/userptr.xetrace", "--platform", "pvc-2t"],
        ["map"] = ["map", "samples/vulkan-sparse.xetrace"],
        ["map-57-bits"] = ["map", "samples/compute-usm.xetrace"],
        ["map-tiles"] = ["map", "samples/compute-usm.xetrace", "--platform", "pvc-2t", "--stop-at", "8"],
        ["map-many"] = ["map", "samples/residency-churn.xetrace.gz"],
        ["map-all"] = ["map", "samples/residency-churn.xetrace.gz", "--all", "--stop-at", "700"],
        ["map-merge"] = ["map", "samples/mistakes.xetrace", "--merge"],
        ["run-svm"] = ["run", "samples/shared-usm-bmg.xetrace", "--expect"],
        ["run-svm-tiles"] = ["run", "samples/shared-usm-bmg.xetrace", "--platform", "pvc-2t", "--stop-at", "11"],
        ["svm"] = ["svm", "samples/shared-usm-bmg.xetrace"],
        ["svm-integrated"] = ["svm", "samples/shared-usm-lnl.xetrace"],
        ["svm-notifiers"] = ["svm", "samples/mirror-round.xetrace", "--notifiers"],
        ["svm-none"] = ["svm", "samples/vulkan-sparse.xetrace"],
        ["help-svm"] = ["svm", "--help"],
        ["walk"] = ["walk", "samples/mirror-lifecycle.xetrace", "0x7f2000001234"],
        ["walk-scratch"] = ["walk", "samples/vulkan-sparse.xetrace", "1000"],
        ["walk-none"] = ["walk", "samples/mirror-lifecycle.xetrace", "1000"],
        ["pte"] = ["pte", "0x4000000080010803", "--platform", "dg2", "--level", "0", "--compact"],
        ["explain"] = ["explain", "samples/mistakes.xetrace"],
        ["explain-op"] = ["explain", "--op", "op=MAP,flags=NULL,obj=1,range=0x1000"],
        ["diff"] = ["diff", "samples/mirror-lifecycle.xetrace", "samples/compute-usm.xetrace"],
        ["uapi"] = ["uapi"],
        ["verify"] = ["verify", "tests/vectors/encode.jsonl.gz"],
    };

    public static TheoryData<string> Names => [.. CommandLines.Keys];

    public static TheoryData<string, int> NamesAndWidths
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string name in CommandLines.Keys.Where(name => name != "uapi"))
            {
                foreach (int width in Widths.Append(Screen.Unlimited))
                    data.Add(name, width);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndWidths))]
    public void A_verb_looks_as_it_should(string name, int width) =>
        Check($"{name}.{(width == Screen.Unlimited ? "piped" : width)}", Render(name, new Screen(width, HasColor: false)));

    /// <summary>Escape sequences are readable as <c>^[</c>.</summary>
    [Theory]
    [InlineData("run")]
    [InlineData("map")]
    [InlineData("map-57-bits")]
    [InlineData("svm")]
    [InlineData("walk")]
    [InlineData("diff")]
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
            // The root of the repository, wherever it is, may be longer than a line.
            Assert.All(text.Split('\n'), line => Assert.True(
                line.Length <= width || line.Contains(RepositoryPaths.Root, StringComparison.Ordinal), $"{width}: {line}"));
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

    private static string Render(string name, Screen screen)
    {
        string[] args = [.. CommandLines[name]
            .Select(arg => arg.StartsWith("samples/", StringComparison.Ordinal) || arg.StartsWith("tests/", StringComparison.Ordinal)
            ? Path.Combine(RepositoryPaths.Root, arg)
            : arg)];
        CliRun run = CliRun.Of(screen, args);
        Assert.Equal("", run.Error);
        return run.Out;
    }

    /// <summary>Compares with a golden file. The head of <c>run</c>, which names the place of the repository, is not in it.</summary>
    private static void Check(string name, string text)
    {
        string path = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Cli", "Golden", $"{name}.txt");
        string golden = text.Contains(RepositoryPaths.Root, StringComparison.Ordinal)
            ? text[text.IndexOf("\n\n", StringComparison.Ordinal)..] : text;
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, golden);
        Assert.True(File.Exists(path), $"{path} is missing; run with XEPT_UPDATE_GOLDEN=1");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), golden);
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
