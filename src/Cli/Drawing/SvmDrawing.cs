using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Drawing;

/// <summary>
/// Where the pages of a VM's ranges are over time: a row per range, a column per record that changed something, under its line number,
/// which is read from top to bottom. Records that do not fit beside the others go on in another drawing below.
/// </summary>
internal static class SvmDrawing
{
    /// <summary>Columns of one drawing, however wide the screen is: more cannot be followed by eye.</summary>
    private const int MostColumns = 120;

    /// <summary>A narrower drawing is none.</summary>
    private const int LeastColumns = 8;

    public static void Write(Terminal terminal, SvmChart chart)
    {
        string[] labels = Labels(chart.Rows);
        int room = Math.Clamp(terminal.Screen.Width - labels[0].Length - "  []".Length, LeastColumns, MostColumns);
        var used = new HashSet<SvmGlyph>();
        for (int first = 0; first < chart.Moments.Count; first += room)
        {
            int count = Math.Min(room, chart.Moments.Count - first);
            WriteLineNumbers(terminal, chart, labels[0].Length, first, count);
            for (int row = 0; row < chart.Rows.Count; row++)
                terminal.Line(RowOf(labels[row], [.. chart.Rows[row].Cells.Skip(first).Take(count)], used));
            terminal.Line();
        }

        WriteLegend(terminal, used);
    }

    private static string[] Labels(IReadOnlyList<SvmRow> rows)
    {
        string[] starts = [.. rows.Select(row => $"0x{row.Start:x}")];
        string[] sizes = [.. rows.Select(row => row.Intervals.Length > 1
            ? Count.Of(row.Intervals.Length, "range") : CallText.Bytes(row.End - row.Start))];
        int startWidth = starts.Max(text => text.Length), sizeWidth = sizes.Max(text => text.Length);
        return [.. starts.Zip(sizes, (start, size) => $"{start.PadLeft(startWidth)}  {size.PadLeft(sizeWidth)}")];
    }

    /// <summary>Line numbers stand upright, a digit in each line of text.</summary>
    private static void WriteLineNumbers(Terminal terminal, SvmChart chart, int labelWidth, int first, int count)
    {
        string[] numbers = [.. chart.Moments.Skip(first).Take(count).Select(moment => moment.Line.ToString(CultureInfo.InvariantCulture))];
        int digits = numbers.Max(number => number.Length);
        for (int digit = 0; digit < digits; digit++)
        {
            string label = digit == digits - 1 ? "line" : "";
            string column = string.Concat(numbers.Select(number => number.PadLeft(digits)[digit]));
            terminal.Line(new InkText().Add($"{label.PadLeft(labelWidth)}   {column}", Ink.Faint));
        }
    }

    private static InkText RowOf(string label, SvmCell[] cells, HashSet<SvmGlyph> used)
    {
        InkText text = new InkText().Add($"{label}  [");
        foreach (SvmCell cell in cells)
        {
            SvmGlyph glyph = SvmGlyph.Of(cell);
            used.Add(glyph);
            text.Add(glyph.Letter.ToString(), glyph.Ink);
        }

        return text.Add("]");
    }

    private static void WriteLegend(Terminal terminal, HashSet<SvmGlyph> used)
    {
        InkText text = new InkText().Add("pages:", Ink.Faint);
        foreach (SvmGlyph glyph in used.OrderBy(glyph => glyph.Order))
            text.Add(text.Length == "pages:".Length ? " " : "  ").AddEntry(glyph.Letter.ToString(), glyph.Ink, glyph.Meaning);
        terminal.Line(text, hang: 7);
    }
}
