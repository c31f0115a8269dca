using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace XePt.Cli.Console;

/// <summary>Where a verb writes. Lines and tables fit the width there is; files and pipes get plain text, one line per line.</summary>
internal sealed class Terminal
{
    public Terminal(TextWriter output, TextWriter error, Screen screen)
    {
        (Out, Error, Screen) = (output, error, screen);
        bool isPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsInteractive = ReferenceEquals(error, System.Console.Error) && !System.Console.IsErrorRedirected && !isPlain;
    }

    /// <summary>The terminal of a command being invoked.</summary>
    public static Terminal Of(ParseResult parse)
    {
        var invocation = Invocation.Of(parse);
        return new Terminal(invocation.Output, invocation.Error, invocation.Screen.With(ColorOption.Of(parse)));
    }

    /// <summary>Results go here.</summary>
    public TextWriter Out { get; }

    /// <summary>Errors and progress go here.</summary>
    public TextWriter Error { get; }

    /// <summary>What <see cref="Out"/> can show.</summary>
    public Screen Screen { get; }

    /// <summary>Whether a person watches <see cref="Error"/>, so that progress may be shown there.</summary>
    public bool IsInteractive { get; }

    /// <summary>Writes a line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hang">Where it is too wide, columns by which what follows on the next lines is indented.</param>
    public void Line(InkText text, int hang = 0)
    {
        string indent = "";
        foreach (Range range in TextFlow.Wrap(text.Text, Screen.Width, hang))
        {
            Out.WriteLine($"{indent}{text.Slice(range, Screen.HasColor)}");
            indent = new string(' ', hang);
        }
    }

    /// <summary>Writes an empty line.</summary>
    public void Line() => Out.WriteLine();

    /// <summary>Writes a line in one ink.</summary>
    public void Line(string text, Ink ink, int hang = 0) => Line(new InkText().Add(text, ink), hang);

    /// <summary>Writes a table: a header line and rows.</summary>
    public void Table(IReadOnlyList<Column> columns, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        foreach (InkText line in new TableLayout(columns, rows, Screen.Width).Lines())
            Out.WriteLine(line.Slice(.., Screen.HasColor));
    }

    /// <summary>Writes rows without a header.</summary>
    public void List(IReadOnlyList<Column> columns, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        foreach (InkText line in new TableLayout(columns, rows, Screen.Width).Rows())
            Out.WriteLine(line.Slice(.., Screen.HasColor));
    }

    /// <summary>Writes the result of a verb as one JSON object that begins with the verb and the version of its shape.</summary>
    public void Json(string verb, int version, Action<Utf8JsonWriter> writeFields) => Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("xept", verb);
        json.WriteNumber("version", version);
        writeFields(json);
        json.WriteEndObject();
    });

    /// <summary>Writes JSON.</summary>
    public void Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, JsonStyle.Options))
            write(json);
        Out.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>Runs long work, with a progress bar when someone watches.</summary>
    /// <param name="total">Units of the whole work.</param>
    /// <param name="work">The work; it reports the units done so far.</param>
    public void Watch(string title, long total, Action<Action<long>> work)
    {
        if (!IsInteractive || total <= 0)
        {
            work(_ => { });
            return;
        }

        using var line = new ProgressLine(Error, title, total);
        work(line.Report);
    }
}
