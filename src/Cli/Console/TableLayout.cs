namespace XePt.Cli.Console;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its header.</param>
/// <param name="IsNumber">Aligned to the right.</param>
/// <param name="IsProse">Sentences that may be broken at blanks.</param>
internal readonly record struct Column(string Name, bool IsNumber = false, bool IsProse = false)
{
    public static implicit operator Column(string name) => new(name);

    /// <summary>A column of numbers.</summary>
    public static Column Number(string name) => new(name, IsNumber: true);

    /// <summary>A column of sentences.</summary>
    public static Column Prose(string name) => new(name, IsProse: true);
}

/// <summary>A cell of a table.</summary>
/// <param name="Parts">The same text in several inks, or null; only where the column is not one of sentences.</param>
internal readonly record struct Cell(string Text, Ink Ink = Ink.Plain, InkText? Parts = null)
{
    public static implicit operator Cell(string text) => new(text);

    public static implicit operator Cell(InkText text) => new(text.Text, Parts: text);
}

/// <summary>
/// Lays a table out for a width. When the columns of a row do not fit beside each other, those at the end go on, indented, below the
/// others, header included: no column is left out, and no cell is broken but for sentences.
/// </summary>
internal sealed class TableLayout
{
    private const int Indent = 4;

    /// <summary>A column of sentences is not made narrower than this.</summary>
    private const int LeastProse = 28;

    private readonly Column[] _columns;
    private readonly Cell[][] _rows;
    private readonly int[] _widths;
    private readonly List<List<int>> _lines = [];
    private readonly int _gap;

    public TableLayout(IReadOnlyList<Column> columns, IEnumerable<IReadOnlyList<Cell>> rows, int width)
    {
        _columns = [.. columns];
        _rows = [.. rows.Select(row => row.ToArray())];
        _widths = [.. _columns.Select((column, i) => _rows.Select(row => row[i].Text.Length).Append(column.Name.Length).Max())];
        _gap = _widths.Sum() + (2 * (_columns.Length - 1)) <= width ? 2 : 1;
        Arrange(width);
    }

    /// <summary>The lines of header and rows.</summary>
    public IEnumerable<InkText> Lines() =>
        _rows.Prepend([.. _columns.Select(column => new Cell(column.Name, Ink.Heading))]).SelectMany(LinesOf);

    /// <summary>The lines of the rows.</summary>
    public IEnumerable<InkText> Rows() => _rows.SelectMany(LinesOf);

    private void Arrange(int width)
    {
        List<int> line = [];
        int used = 0;
        _lines.Add(line);
        for (int i = 0; i < _columns.Length; i++)
        {
            int least = _columns[i].IsProse ? Math.Min(_widths[i], LeastProse) : _widths[i];
            if (line.Count > 0 && used + _gap + least > width)
            {
                _lines.Add(line = []);
                used = Indent;
            }

            int start = used + (line.Count > 0 ? _gap : 0);
            if (_columns[i].IsProse)
                _widths[i] = Math.Max(least, Math.Min(_widths[i], width - start - AfterProse(i, width - start - least)));
            used = start + _widths[i];
            line.Add(i);
        }
    }

    /// <summary>Columns that what follows a column of sentences takes, as far as it fits on the same line.</summary>
    private int AfterProse(int prose, int room)
    {
        int after = 0;
        for (int i = prose + 1; i < _columns.Length && after + _gap + _widths[i] <= room; i++)
            after += _gap + _widths[i];
        return after;
    }

    private IEnumerable<InkText> LinesOf(Cell[] row)
    {
        foreach (List<int> line in _lines)
        {
            int indent = line == _lines[0] ? 0 : Indent;
            string[][] pieces = [.. line.Select(i => Pieces(i, row[i].Text))];
            for (int depth = 0; depth < pieces.Max(piece => piece.Length); depth++)
                yield return Compose(line, row, pieces, depth, indent);
        }
    }

    private string[] Pieces(int column, string text) => _columns[column].IsProse
        ? [.. TextFlow.Wrap(text, _widths[column], hang: 0).Select(range => text[range])]
        : [text];

    private InkText Compose(List<int> line, Cell[] row, string[][] pieces, int depth, int indent)
    {
        var text = new InkText();
        int at = indent;
        for (int k = 0; k < line.Count; k++)
        {
            int column = line[k];
            string piece = depth < pieces[k].Length ? pieces[k][depth] : "";
            if (piece.Length > 0)
            {
                text.PadTo(at + (_columns[column].IsNumber ? _widths[column] - piece.Length : 0));
                _ = row[column].Parts is { } parts ? text.Add(parts) : text.Add(piece, row[column].Ink);
            }

            at += _widths[column] + _gap;
        }

        return text;
    }
}
