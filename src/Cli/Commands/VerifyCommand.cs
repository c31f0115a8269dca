using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Vectors;

namespace XePt.Cli.Commands;

/// <summary><c>xept verify PATH</c>: replays golden vector files.</summary>
internal static class VerifyCommand
{
    private const int AllPassed = 0;
    private const int Differs = 1;
    private const int BadInput = 2;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A vector file, or a folder: every *.jsonl and *.jsonl.gz in it." };
        var json = new Option<bool>("--json") { Description = "Print the counts as JSON." };
        var jobs = new Option<int>("--jobs") { Description = "Cases run at a time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("verify", "Replay golden vectors and report the first difference of each file.") { path, json, jobs };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(path), parsed.GetValue(json), parsed.GetValue(jobs), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    internal static int Run(string path, bool asJson, int jobs, TextWriter output, TextWriter error)
    {
        string[] files = VectorRun.FindFiles(path);
        FileTally[] tallies = VectorRun.Run(files, jobs);
        FileTally[] malformed = [.. tallies.Where(tally => tally.FirstMalformed is not null)];
        foreach (FileTally tally in malformed)
            error.WriteLine($"{tally.Path}:{tally.FirstMalformed!.Line}: {tally.FirstMalformed.Note}");
        if (asJson)
            output.WriteLine(ToJson(tallies));
        else
            WriteTable(tallies, output);
        return malformed.Length > 0 ? BadInput : tallies.Any(tally => tally.Failed > 0) ? Differs : AllPassed;
    }

    private static string ToJson(FileTally[] tallies) => JsonSerializer.Serialize(new
    {
        version = 1,
        files = tallies.Select(tally => new
        {
            file = tally.Name,
            cases = tally.Cases,
            passed = tally.Passed,
            failed = tally.Failed,
            deviating = tally.Deviating,
        }),
        passed = tallies.Sum(tally => tally.Passed),
        failed = tallies.Sum(tally => tally.Failed),
        deviating = tallies.Sum(tally => tally.Deviating),
    });

    private static void WriteTable(FileTally[] tallies, TextWriter output)
    {
        int width = tallies.Max(tally => tally.Name.Length);
        foreach (FileTally tally in tallies)
        {
            output.WriteLine($"{tally.Name.PadRight(width)}  {tally.Cases,6} cases  {tally.Passed,6} passed  {tally.Failed,6} failed  {tally.Deviating,6} deviating");
            if (tally.FirstFailure is { } first)
                output.WriteLine($"  {tally.Name}:{first.Line}: {first.Note.Name}: {first.Note.Difference}");
        }
    }
}
