namespace XePt.Cli.Console;

/// <summary>Breaks lines at blanks, never inside a word, so never inside an address; nor between the ends of an interval <c>[a, b)</c>, a
/// number and its unit, a thing and its number or its value (<c>vm 1</c>, <c>range = 0x1000</c>), nor inside what is marked as a
/// whole.</summary>
internal static class TextFlow
{
    /// <summary>A blank at which no line is broken; <see cref="Shown"/> makes a blank of it.</summary>
    private const char FirmBlank = '\u00a0';

    /// <summary>A text that stays on one line.</summary>
    public static string Whole(string text) => text.Replace(' ', FirmBlank);

    /// <summary>A text as it is written.</summary>
    public static string Shown(string text) => text.Replace(FirmBlank, ' ');

    /// <summary>Where the lines of a text begin and end. Only a word that is longer than a line goes beyond the width.</summary>
    /// <param name="text">The text, whose own indentation is kept.</param>
    /// <param name="width">Columns there are.</param>
    /// <param name="hang">Columns by which all lines but the first are indented.</param>
    public static IEnumerable<Range> Wrap(string text, int width, int hang)
    {
        int start = 0, room = width;
        while (text.Length - start > room)
        {
            int end = BreakBefore(text, start, start + room);
            if (end < 0)
                break;
            yield return start..end;
            start = end;
            while (start < text.Length && text[start] == ' ')
                start++;
            room = Math.Max(1, width - hang);
        }

        if (start < text.Length || start == 0)
            yield return start..text.Length;
    }

    /// <summary>The last place at or before <paramref name="limit"/> where a line can end, or the first one after it; -1 when there is
    /// none.</summary>
    private static int BreakBefore(string text, int start, int limit)
    {
        int first = start;
        while (first < text.Length && text[first] == ' ')
            first++;
        int best = -1;
        for (int i = first; i < text.Length; i++)
        {
            if (text[i] != ' ' || text[i - 1] == ' ' || IsInInterval(text, i) || IsBeforeUnit(text, i) || IsBeforeNumber(text, i))
                continue;
            if (i > limit)
                return best < 0 ? i : best;
            best = i;
        }

        return best;
    }

    /// <summary>Whether a blank is the one between a number and what it counts.</summary>
    private static bool IsBeforeUnit(string text, int blank) =>
        char.IsAsciiDigit(text[blank - 1]) && text.AsSpan(blank + 1) is var rest
            && (rest.StartsWith("B ", StringComparison.Ordinal) || rest.Length >= 3 && rest[1..3] is "iB");

    /// <summary>Whether a blank is the one between a thing and its number, or beside an equals sign.</summary>
    private static bool IsBeforeNumber(string text, int blank)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, blank), after = text.AsSpan(blank + 1);
        bool isNumbered = char.IsAsciiLetterLower(before[^1]) && after is [>= '0' and <= '9', ..] && !after.StartsWith("0x");
        return isNumbered || after.StartsWith("= ") || before.EndsWith(" =");
    }

    /// <summary>Whether a blank is the one between the two addresses of an interval.</summary>
    private static bool IsInInterval(string text, int blank) =>
        text[blank - 1] == ',' && text.AsSpan(blank + 1).StartsWith("0x", StringComparison.Ordinal)
            && text.LastIndexOf('[', blank) is >= 0 and var open
        && text.AsSpan(open + 1, blank - 1 - open) is var first && first.StartsWith("0x", StringComparison.Ordinal) && !first.Contains(' ');
}
