using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace XePt.Cli.Console;

/// <summary>Where a verb writes. Colours and animation appear only on a real terminal without <c>NO_COLOR</c>; pipes get plain text.</summary>
internal sealed class Terminal
{
    /// <summary>Wide enough that tables in a pipe are never wrapped.</summary>
    private const int PipeWidth = 4096;

    private readonly IAnsiConsole _console;

    public Terminal(TextWriter output, TextWriter error)
    {
        (Out, Error) = (output, error);
        bool isPlain = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsInteractive = ReferenceEquals(error, System.Console.Error) && !System.Console.IsErrorRedirected && !isPlain;
        _console = ConsoleOn(output, ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected, isPlain);
    }

    /// <summary>The terminal of a command being invoked.</summary>
    public static Terminal Of(ParseResult parse) => new(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);

    /// <summary>Results go here.</summary>
    public TextWriter Out { get; }

    /// <summary>Errors and progress go here.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person watches <see cref="Error"/>, so that progress may be shown there.</summary>
    public bool IsInteractive { get; }

    /// <summary>Writes a line of plain text.</summary>
    public void Line(string text = "") => Out.WriteLine(text);

    /// <summary>Writes a line in a style, on a terminal with colours.</summary>
    public void Line(string text, Style style) => _console.WriteLine(text, style);

    /// <summary>Writes a table: a header line and rows, columns separated by blanks.</summary>
    /// <param name="columns">Column names; numbers are aligned to the right in those that begin with <c>&gt;</c>.</param>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Table table = new Table().Border(TableBorder.None);
        foreach (string column in columns)
        {
            bool isNumber = column.StartsWith('>');
            var cell = new TableColumn(new Text(isNumber ? column[1..] : column, new Style(decoration: Decoration.Bold))) { NoWrap = true };
            table.AddColumn(isNumber ? cell.RightAligned() : cell);
        }

        foreach (IReadOnlyList<string> row in rows)
            table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        _console.Write(table);
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

        ConsoleOn(Error, isTerminal: true, isPlain: false).Progress().AutoClear(true).Start(progress =>
        {
            ProgressTask task = progress.AddTask(title, maxValue: total);
            work(done => task.Value = done);
        });
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer, bool isTerminal, bool isPlain)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal && !isPlain ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && !isPlain ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
