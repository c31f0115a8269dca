using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Profile;
using XePt.Cli.Traces;
using XePt.Diagnostics;

namespace XePt.Cli.Commands;

/// <summary><c>xept profile</c>: replays a trace, collects the events of the engine by EventPipe and shows where the time went.</summary>
internal static class ProfileCommand
{
    private const int JsonVersion = 1;

    /// <summary>Lines of a trace after which the compiler has seen nearly all that a replay runs.</summary>
    private const int WarmLines = 1000;

    private static readonly VerbHelp Help = new(
        "the trace was played and its events were collected",
        null,
        new("profile samples/residency-churn.xetrace.gz", "Show how long calls and the stages of binds took."),
        new("profile samples/compute-usm.xetrace -o usm.nettrace", "Keep the events, for PerfView, dotnet-trace or Visual Studio."))
    {
        Colours = [],
    };

    public static Command Create()
    {
        var replays = new ReplayOptions();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Keep what was collected, in the format of .nettrace files.",
            HelpName = "FILE",
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Verb("profile", "Replay a trace and show where its time went, by the events of the engine.", Help)
        {
            output, json,
        };
        replays.AddTo(command);
        command.SetAction(parse =>
        {
            if (Invocation.Of(parse) is var invocation && invocation.Events is not { } events)
                return Companion.Run(invocation);
            Terminal terminal = Terminal.Of(parse);
            using Stream stream = parse.GetValue(output) is { } file ? OutputFile.Open(file) : OutputFile.Temporary();
            // What is compiled would else count for what is compiled first, and of a short trace there would be little else to see.
            if (replays.CanBeReadAgain(parse))
                Collect(events, () => replays.ReplayBeginning(parse, terminal, WarmLines).Dispose(), Stream.Null);
            Collect(events, () => replays.Replay(parse, terminal).Dispose(), stream);
            var sums = new StageSums();
            events.Read(EngineEvents.SourceName, stream, sums.Add, sums.Miss);
            StageBreakdown breakdown = sums.Breakdown;
            if (parse.GetValue(json))
                terminal.Json("profile", JsonVersion, writer => BreakdownReport.WriteFields(writer, breakdown));
            else
                BreakdownReport.Write(terminal, breakdown);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Collect(IEventReader events, Action replay, Stream stream)
    {
        try
        {
            events.Collect(EngineEvents.SourceName, replay, stream);
        }
        catch (SessionException e)
        {
            throw new InputException("xept", 0, e.Message);
        }
    }
}
