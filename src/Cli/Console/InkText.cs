using System.Text;

namespace XePt.Cli.Console;

/// <summary>A line of text with the ink of each part.</summary>
internal sealed class InkText
{
    private readonly StringBuilder _text = new();
    private readonly List<(int End, Ink Ink)> _parts = [];

    /// <summary>The text alone.</summary>
    public string Text => _text.ToString();

    public static implicit operator InkText(string text) => new InkText().Add(text);

    /// <summary>Adds a part.</summary>
    public InkText Add(string text, Ink ink = Ink.Plain)
    {
        _text.Append(text);
        if (_parts.Count > 0 && _parts[^1].Ink == ink)
            _parts.RemoveAt(_parts.Count - 1);
        _parts.Add((_text.Length, ink));
        return this;
    }

    /// <summary>Adds an entry of a list, which stays on one line: what stands for something, in an ink, and what it means.</summary>
    public InkText AddEntry(string sign, Ink ink, string meaning) => Add(sign, ink).Add(TextFlow.Whole($" {meaning}"));

    /// <summary>Adds another line's text with its inks.</summary>
    public InkText Add(InkText other)
    {
        int start = _text.Length;
        _text.Append(other._text);
        _parts.AddRange(other._parts.Select(part => (start + part.End, part.Ink)));
        return this;
    }

    /// <summary>Length of the text.</summary>
    public int Length => _text.Length;

    /// <summary>Adds blanks up to a width.</summary>
    public InkText PadTo(int width) => Add(new string(' ', Math.Max(0, width - _text.Length)));

    /// <summary>A piece of the text, with escape sequences when they are wanted.</summary>
    public string Slice(Range range, bool hasColor)
    {
        (int start, int length) = range.GetOffsetAndLength(_text.Length);
        if (!hasColor)
            return TextFlow.Shown(_text.ToString(start, length));

        var slice = new StringBuilder();
        int at = start, end = start + length;
        foreach ((int partEnd, Ink ink) in _parts)
        {
            int until = Math.Min(partEnd, end);
            if (until <= at)
                continue;
            string begin = InkCodes.Begin(ink);
            slice.Append(begin).Append(_text, at, until - at).Append(begin.Length == 0 ? "" : InkCodes.End);
            at = until;
        }

        return TextFlow.Shown(slice.ToString());
    }
}
