namespace XePt.Cli.Console;

/// <summary>What an ink means, for help pages.</summary>
/// <param name="Ink">The ink.</param>
/// <param name="Colour">Its colour, in a word that is there without colours, too.</param>
/// <param name="Meaning">What it says.</param>
internal readonly record struct InkMeaning(Ink Ink, string Colour, string Meaning);

/// <summary>What the inks mean, as help pages say it. They mean the same in all verbs.</summary>
internal static class InkLegend
{
    /// <summary>Of all verbs.</summary>
    public static InkMeaning[] Verdicts { get; } =
    [
        new(Ink.Good, "green", "as it should be: accepted, as expected, mapped"),
        new(Ink.Bad, "red", "refused, not as expected, or never right"),
        new(Ink.Warning, "yellow", "not wrong, but not usable as it is: not bound, invalidated, scratch"),
    ];

    /// <summary>Kinds of VMAs: their words, and the brackets of bars.</summary>
    public static InkMeaning[] Kinds { get; } =
    [
        new(Ink.Bo, "blue", "a VMA of a BO"),
        new(Ink.Userptr, "magenta", "a userptr"),
        new(Ink.Null, "grey", "NULL"),
        new(Ink.Mirror, "cyan", "a CPU address mirror, and what happens on it"),
    ];

    /// <summary>Cells of bars, by the colour behind the letter.</summary>
    public static InkMeaning[] Pages { get; } =
    [
        new(Ink.Page4K, " 4 ", "pages of 4 KiB (yellow)"),
        new(Ink.Page64K, " 6 ", "pages of 64 KiB (green)"),
        new(Ink.PageCompact64K, " c ", "pages of 64 KiB in compact tables (cyan)"),
        new(Ink.Page2M, " 2 ", "pages of 2 MiB (blue)"),
        new(Ink.Page1G, " 1 ", "pages of 1 GiB (magenta)"),
        new(Ink.PageNull, " n ", "NULL pages (grey)"),
        new(Ink.Warning, " 0 ", "zeroed entries among scratch pages: an access faults"),
        new(Ink.Table, " d ", "a table below (white)"),
        new(Ink.Faint, " . ", "nothing: an access faults, or hits scratch pages"),
    ];

    /// <summary>Cells of drawings of mirrors.</summary>
    public static InkMeaning[] Memories { get; } =
    [
        new(Ink.Page4K, " c ", "system memory of the CPU alone (yellow)"),
        new(Ink.Page64K, " s ", "system memory that the GPU has mapped, too (green)"),
        new(Ink.Page2M, " 0 ", "VRAM of this tile, mapped by the GPU (blue)"),
        new(Ink.PageCompact64K, " v ", "VRAM of which the GPU has no entries (cyan)"),
        new(Ink.Page1G, " o ", "memory of another device (magenta)"),
        new(Ink.PageNull, " m ", "several memories (grey)"),
        new(Ink.Faint, " . ", "mapped by the process, without pages yet; - not mapped"),
    ];
}
