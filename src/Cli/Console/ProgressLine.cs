using System.Globalization;

namespace XePt.Cli.Console;

/// <summary>A line on a terminal that says how far long work is, and goes away at its end.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const int Cells = 40;
    private const string ToStart = "\r", ClearLine = "\r\e[K";

    private readonly TextWriter _output;
    private readonly string _title;
    private readonly long _total;
    private readonly Lock _gate = new();
    private int _shown = -1;

    /// <param name="output">Leads to a terminal.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="total">Units of the whole work, more than 0.</param>
    public ProgressLine(TextWriter output, string title, long total)
    {
        (_output, _title, _total) = (output, title, total);
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
            string bar = new string('#', percent * Cells / 100).PadRight(Cells, '.');
            _output.Write(string.Create(CultureInfo.InvariantCulture, $"{ToStart}{_title} [{bar}] {percent} %"));
        }
    }

    public void Dispose() => _output.Write(ClearLine);
}
