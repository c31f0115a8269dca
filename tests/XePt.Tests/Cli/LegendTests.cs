using System.Text.RegularExpressions;
using XePt.Cli.Console;
using XePt.Cli.Drawing;

namespace XePt.Tests.Cli;

/// <summary>What letters and colours mean is said once, where they are drawn; help and the document of the tool say the same.</summary>
public sealed partial class LegendTests
{
    [Theory]
    [InlineData("## Drawings and colours", false)]
    [InlineData("## Mirrors", true)]
    public void The_document_has_each_letter_with_its_colour(string chapter, bool isOfMirrors)
    {
        string document = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "cli.md"));
        string text = document[document.IndexOf(chapter, StringComparison.Ordinal)..].Split("\n## ", 2)[0];
        (string Letter, string Colour)[] rows = [.. Row().Matches(text).SelectMany(Letters)];
        InkMeaning[] help = isOfMirrors ? SvmGlyph.Help : Glyph.Help;

        Assert.Equal(
            help.Select(meaning => (meaning.Sign.Trim(), InkCodes.Background(meaning.Ink) ?? "")).Order(),
            rows.Where(row => !isOfMirrors || row.Letter != "1").Order());
    }

    [Fact]
    public void No_two_letters_of_a_drawing_are_the_same()
    {
        Assert.Distinct(Glyph.Help.Select(meaning => meaning.Sign));
        Assert.Distinct(SvmGlyph.Help.Select(meaning => meaning.Sign));
    }

    [Fact]
    public void Colours_are_named_by_their_codes()
    {
        Assert.Equal(("green", "red", "yellow"),
            (InkCodes.Foreground(Ink.Good), InkCodes.Foreground(Ink.Bad), InkCodes.Foreground(Ink.Warning)));
        Assert.Equal(("grey", "white", null),
            (InkCodes.Background(Ink.PageNull), InkCodes.Background(Ink.Table), InkCodes.Background(Ink.Warning)));
        Assert.Equal((null, null), (InkCodes.Foreground(Ink.Plain), InkCodes.Foreground(Ink.Faint)));
    }

    private static IEnumerable<(string, string)> Letters(Match row)
    {
        string[] letters = [.. Letter().Matches(row.Groups[1].Value).Select(letter => letter.Groups[1].Value)];
        string[] colours = row.Groups[2].Value.Split(", ");
        return letters.Select((letter, i) => (letter, colours[Math.Min(i, colours.Length - 1)]));
    }

    [GeneratedRegex(@"^\| (`[^|]*?) \| ?([^|]*?) ?\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(.)`")]
    private static partial Regex Letter();
}
