using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace XePt.Cli.Console;

/// <summary>Where a verb writes. Lines and tables fit the width there is; files and pipes get plain text, one line per line.</summary>
internal sealed class Terminal
{
    public Terminal(TextWriter output, TextWriter error, Screen screen, Screen errorScreen)
    {
        (Out, Error, Screen, ErrorScreen) = (output, error, screen, errorScreen);
        IsInteractive = ReferenceEquals(error, System.Console.Error) && !System.Console.IsErrorRedirected
            && Screen.WantsEscapes(Environment.GetEnvironmentVariable);
    }

    /// <summary>The terminal of a command being invoked.</summary>
    public static Terminal Of(ParseResult parse)
    {
        var invocation = Invocation.Of(parse);
        return new Terminal(invocation.Output, invocation.Error, invocation.Screen.With(ColorOption.Of(parse)), invocation.ErrorScreen);
    }

    /// <summary>Results go here.</summary>
    public TextWriter Out { get; }

    /// <summary>Errors and progress go here.</summary>
    public TextWriter Error { get; }

    /// <summary>What <see cref="Out"/> can show.</summary>
    public Screen Screen { get; }

    /// <summary>What <see cref="Error"/> can show.</summary>
    public Screen ErrorScreen { get; }

    /// <summary>Whether a person watches <see cref="Error"/>, so that progress may be shown there.</summary>
    public bool IsInteractive { get; }

    /// <summary>Writes a line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hang">Where it is too wide, columns by which what follows on the next lines is indented.</param>
    public void Line(InkText text, int hang = 0) => WriteLine(Out, Screen, text, hang);

    /// <summary>Writes an empty line.</summary>
    public void Line() => Out.WriteLine();

    /// <summary>Writes a line in one ink.</summary>
    public void Line(string text, Ink ink, int hang = 0) => Line(new InkText().Add(text, ink), hang);

    /// <summary>Writes a line about the work on the error output.</summary>
    public void Remark(string text) => WriteLine(Error, ErrorScreen, text, hang: 2);

    /// <summary>Says on the error output what is wrong.</summary>
    public void Complain(string message) => Complain(Error, ErrorScreen, $"{HelpPage.Tool}: {message}");

    /// <summary>Says on the error output what is wrong, for who has no terminal.</summary>
    public static void Complain(TextWriter error, Screen screen, string message) => WriteLine(error, screen, message, hang: 6);

    private static void WriteLine(TextWriter writer, Screen screen, InkText text, int hang)
    {
        string indent = "";
        foreach (Range range in TextFlow.Wrap(text.Text, screen.Width, hang))
        {
            writer.WriteLine($"{indent}{text.Slice(range, screen.HasColor)}");
            indent = new string(' ', hang);
        }
    }

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

        using var line = new ProgressLine(Error, ErrorScreen.Width, title, total);
        work(line.Report);
    }
}
