using System.Globalization;

namespace XePt.Cli.Console;

/// <summary>A line on a terminal that says how far long work is, and goes away at its end. It never fills the last column: a terminal would
/// go on in the next line, and each report would leave one behind.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const int MostCells = 40, LeastCells = 10;
    private const string Cut = "...";
    private const string ToStart = "\r", ClearLine = "\r\e[K";

    private readonly TextWriter _output;
    private readonly string _title;
    private readonly int _cells;
    private readonly long _total;
    private readonly Lock _gate = new();
    private int _shown = -1;

    /// <param name="output">Leads to a terminal.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="title">What is being done; where there is no room, its end.</param>
    /// <param name="total">Units of the whole work, more than 0.</param>
    public ProgressLine(TextWriter output, int width, string title, long total)
    {
        int room = Math.Max(0, width - " [] 100 %".Length - 1);
        _cells = Math.Clamp(room - title.Length, Math.Min(LeastCells, room), MostCells);
        (_output, _title, _total) = (output, EndOf(title, room - _cells), total);
        Report(0);
    }

    /// <summary>Shows how far the work is; any thread may.</summary>
    /// <param name="done">Units that are done.</param>
    public void Report(long done)
    {
        int percent = (int)Math.Clamp(done * 100 / _total, 0, 100);
        lock (_gate)
        {
            // Written only when it looks different, and never backwards: threads may overtake each other.
            if (percent <= _shown)
                return;
            _shown = percent;
            string bar = new string('#', percent * _cells / 100).PadRight(_cells, '.');
            _output.Write(string.Create(CultureInfo.InvariantCulture, $"{ToStart}{_title} [{bar}] {percent} %"));
        }
    }

    public void Dispose() => _output.Write(ClearLine);

    private static string EndOf(string title, int room) => title.Length <= room ? title
        : room <= Cut.Length ? "" : string.Concat(Cut, title.AsSpan(title.Length - room + Cut.Length));
}
