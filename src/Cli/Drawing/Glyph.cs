using XePt.Cli.Console;
using XePt.Cli.State;

namespace XePt.Cli.Drawing;

/// <summary>How a part of a bar is drawn: a letter that says it without colours, and an ink.</summary>
/// <param name="Letter">The letter.</param>
/// <param name="Ink">The ink.</param>
/// <param name="Meaning">What the legend of a drawing says.</param>
/// <param name="About">What help pages say.</param>
internal sealed record Glyph(char Letter, Ink Ink, string Meaning, string About)
{
    /// <summary>A directory entry with a table below.</summary>
    public static Glyph Table { get; } = new('d', Ink.Table, "table below", "a table below");

    /// <summary>Nothing is mapped; an access faults.</summary>
    public static Glyph Nothing { get; } = new('.', Ink.Faint, "not mapped", "nothing: an access faults, or hits scratch pages");

    private static Glyph Null { get; } = new('n', Ink.PageNull, "NULL", "NULL pages");

    private static readonly Dictionary<string, Glyph> Pages = new(StringComparer.Ordinal)
    {
        ["4K"] = new('4', Ink.Page4K, "4K", "pages of 4 KiB"),
        ["64K"] = new('6', Ink.Page64K, "64K", "pages of 64 KiB"),
        ["compact-64K"] = new('c', Ink.PageCompact64K, "compact 64K", "pages of 64 KiB in compact tables"),
        ["2M"] = new('2', Ink.Page2M, "2M", "pages of 2 MiB"),
        ["1G"] = new('1', Ink.Page1G, "1G", "pages of 1 GiB"),
        [PageRun.Zeroed] = new('0', Ink.Warning, "zeroed (faults)", "zeroed entries among scratch pages: an access faults"),
    };

    private static readonly Glyph[] InOrder = [.. Pages.Values, Null, Table, Nothing];

    /// <summary>All of them, for help pages.</summary>
    public static InkMeaning[] Help { get; } = [.. InOrder.Select(glyph => InkMeaning.OfLetter(glyph.Letter, glyph.Ink, glyph.About))];

    /// <summary>Place in a legend; of two that are as frequent in a part of a bar, the first is drawn.</summary>
    public int Order => Array.IndexOf(InOrder, this);

    /// <summary>The glyph of pages of a size.</summary>
    public static Glyph OfPages(string size) => Pages.GetValueOrDefault(size, Null);
}
