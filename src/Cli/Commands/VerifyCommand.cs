using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Vectors;

namespace XePt.Cli.Commands;

/// <summary><c>xept verify</c>: replays golden vector files and shows the first difference of each.</summary>
internal static class VerifyCommand
{
    private const int JsonVersion = 1;

    private static readonly VerbHelp Help = new(
        "all cases pass",
        "a case fails",
        new("verify tests/vectors/bind_bmg.jsonl.gz", "Replay one file."),
        new("verify tests/vectors --jobs 2", "Replay all files of a folder, two cases at a time."));

    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A vector file, or a folder: every *.jsonl and *.jsonl.gz in it." };
        Option<int?> jobs = CommonOptions.Count("--jobs", "N", "Cases that run at a time; as many as there are cores without it.", min: 1);
        Option<bool> json = CommonOptions.Json();
        var command = new Verb("verify", "Replay golden vectors and show the first difference of each file.", Help) { path, jobs, json };
        command.SetAction(parse => Run(
            Terminal.Of(parse), parse.GetRequiredValue(path), parse.GetValue(jobs) ?? Environment.ProcessorCount, parse.GetValue(json)));
        return command;
    }

    private static int Run(Terminal terminal, string path, int jobs, bool asJson)
    {
        string[] files = VectorRun.FindFiles(path);
        if (files.Length == 0)
            throw new InputException(path, 0, "has no *.jsonl or *.jsonl.gz files");

        FileTally[] tallies = [];
        terminal.Watch("verify", files.Sum(SizeOf), report => tallies = VectorRun.Run(files, jobs, report));
        // A file that cannot be understood to its end has no result; the others keep theirs.
        FileTally[] good = [.. tallies.Where(tally => tally.FirstMalformed is null)];
        string[] malformed = [.. tallies.Where(tally => tally.FirstMalformed is not null).Select(tally => tally.FirstMalformed!.Message)];
        foreach (string message in malformed)
            terminal.Complain(message);
        if (asJson)
            terminal.Json("verify", JsonVersion, writer => WriteJson(writer, good, malformed));
        else if (good.Length > 0)
            Write(terminal, good);
        return malformed.Length > 0 ? ExitCode.BadInput
            : tallies.Any(tally => tally.Failed > 0) ? ExitCode.Difference
            : ExitCode.Ok;
    }

    private static long SizeOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static void Write(Terminal terminal, FileTally[] tallies)
    {
        IEnumerable<Cell[]> rows = tallies.Select(tally => Row(tally.Name, tally.Cases, tally.Passed, tally.Failed, tally.Deviating));
        terminal.Table(["file", Column.Number("cases"), Column.Number("passed"), Column.Number("failed"), Column.Number("deviating")],
            rows.Append(Totals(tallies)));
        foreach (FileTally tally in tallies)
        {
            if (tally.FirstFailure is not { } first)
                continue;
            terminal.Line();
            // Expected and found stand below each other.
            foreach (string line in $"{tally.Name}:{first.Line}: {first.Result.Name}: {first.Result.Difference}".Split(Environment.NewLine))
                terminal.Line(line, hang: 14);
        }
    }

    private static Cell[] Totals(FileTally[] tallies) => Row(
        "all",
        tallies.Sum(tally => tally.Cases),
        tallies.Sum(tally => tally.Passed),
        tallies.Sum(tally => tally.Failed),
        tallies.Sum(tally => tally.Deviating));

    private static Cell[] Row(string name, params ReadOnlySpan<int> counts)
    {
        var row = new Cell[1 + counts.Length];
        row[0] = name;
        for (int i = 0; i < counts.Length; i++)
            row[1 + i] = new(counts[i].ToString(CultureInfo.InvariantCulture), counts[i] == 0 ? Ink.Plain : InkOf(i));
        return row;
    }

    /// <summary>The ink of a count that is not 0: cases, passed, failed, deviating.</summary>
    private static Ink InkOf(int column) => column switch { 1 => Ink.Good, 2 => Ink.Bad, 3 => Ink.Warning, _ => Ink.Plain };

    private static void WriteJson(Utf8JsonWriter json, FileTally[] tallies, string[] malformed)
    {
        json.WriteObjects("files", tallies, tally =>
        {
            json.WriteString("file", tally.Name);
            json.WriteNumber("cases", tally.Cases);
            WriteCounts(json, tally.Passed, tally.Failed, tally.Deviating);
        });
        WriteCounts(json, tallies.Sum(tally => tally.Passed), tallies.Sum(tally => tally.Failed), tallies.Sum(tally => tally.Deviating));
        json.WriteStartArray("malformed");
        foreach (string message in malformed)
            json.WriteStringValue(message);
        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, int passed, int failed, int deviating)
    {
        json.WriteNumber("passed", passed);
        json.WriteNumber("failed", failed);
        json.WriteNumber("deviating", deviating);
    }
}
