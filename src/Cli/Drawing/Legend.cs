using XePt.Cli.Console;

namespace XePt.Cli.Drawing;

/// <summary>Says what letters and colours mean, of those that were drawn.</summary>
internal sealed class Legend
{
    private readonly HashSet<Glyph> _glyphs = [];
    private readonly SortedSet<string> _kinds = new(StringComparer.Ordinal);

    /// <summary>A glyph was drawn.</summary>
    public void Use(Glyph glyph) => _glyphs.Add(glyph);

    /// <summary>A region of a kind was drawn.</summary>
    public void UseKind(string kind) => _kinds.Add(kind);

    /// <summary>Writes the legend of a VM's drawings.</summary>
    /// <param name="hasScratch">What is not mapped hits scratch pages.</param>
    public void Write(Terminal terminal, bool hasScratch)
    {
        InkText text = new InkText().Add("bars:", Ink.Faint);
        foreach (Glyph glyph in _glyphs.OrderBy(glyph => glyph.Order))
        {
            text.Add(text.Length == "bars:".Length ? " " : "  ").AddEntry(
                glyph.Letter.ToString(), glyph.Ink,
                $"{glyph.Meaning}{(glyph == Glyph.Nothing ? hasScratch ? " (scratch)" : " (faults)" : "")}");
        }

        if (_kinds.Count > 0)
            text.Add("  ").Add("kinds:", Ink.Faint);
        foreach (string kind in _kinds)
            text.Add(" ").Add(kind, State.VmaText.InkOf(kind));
        terminal.Line(text, hang: 6);
    }
}
