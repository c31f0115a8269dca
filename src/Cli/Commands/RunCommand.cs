using System.CommandLine;
using System.Text;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Drawing;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.State;
using XePt.Cli.Timeline;
using XePt.Cli.Traces;

namespace XePt.Cli.Commands;

/// <summary><c>xept run</c>: the main job. Replays a trace and shows what came of it; of several traces, whether they do what they
/// say.</summary>
internal sealed class RunCommand
{
    private const int JsonVersion = 2;
    private const int RunsJsonVersion = 1;
    private const string StandardOutput = "-";

    private static readonly VerbHelp Help = new(
        "the traces were played; calls that the driver refuses are results, not failures",
        "an expectation is not met (--expect)",
        new("run samples/mirror-lifecycle.xetrace", "Play a trace and show what came of each call, then the address space."),
        new("run samples/vulkan-anv.xetrace --expect", "Also compare with what the trace expects."),
        new("run samples tests/cases --expect --quiet", "Check all traces of two folders; say only what is wrong."),
        new("run tests/cases --expect --junit result.xml", "The same for a forge."),
        new("run samples/compute-usm.xetrace --dump before.json", "Write the end state for xept diff."),
        new("run samples/async-binds.xetrace --perfetto binds.pftrace", "Write a timeline for ui.perfetto.dev."))
    {
        Colours = [.. InkLegend.Verdicts, .. InkLegend.Kinds, .. Glyph.Help],
    };

    private readonly ReplayOptions _replays = new();

    private readonly Argument<string[]> _traces = new("TRACE")
    {
        Description =
            "Trace files (docs/trace-format.md), plain or gzip, or folders: every *.xetrace and *.xetrace.gz in them and below. - reads " +
            "the standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _expect = new(
        "--expect")
    { Description = "Fail when an errno or a state differs from what the trace expects." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Say only what is wrong: nothing when nothing is." };
    private readonly Option<string?> _junit = new(
        "--junit")
    { Description = "Write the result of each trace as JUnit XML; - for the standard output.", HelpName = "FILE" };
    private readonly Option<string?> _tap = new("--tap")
    {
        Description =
        "Write the result of each trace in the Test Anything Protocol; - for the standard output.",
        HelpName = "FILE"
    };
    private readonly Option<string?> _dump = new(
        "--dump")
    { Description = "Write the end state as JSON, for xept diff; of one trace.", HelpName = "FILE" };
    private readonly Option<string?> _perfetto = new("--perfetto")
    {
        Description = "Write what happened when as a timeline that Perfetto (ui.perfetto.dev) opens; of one trace.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _events = new("--events")
    {
        Description =
            "Keep the newest events of the devices and write them when something is not as expected; of one trace, with --expect.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _calls = new("--calls") { Description = "List each call, however many there are." };
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create()
    {
        var run = new RunCommand();
        var verb = new Verb(
            "run", "Replay traces: result of each call, then VMAs, page tables and TLB flushes; of several traces, a line each.", Help)
        {
            run._traces, run._expect, run._quiet, run._junit, run._tap, run._dump, run._perfetto, run._events, run._calls,
            run._json,
        };
        run._replays.AddOptionsTo(verb);
        verb.SetAction(run.Run);
        return verb;
    }

    private int Run(ParseResult parse)
    {
        Terminal terminal = Terminal.Of(parse);
        RequireOneOutput(parse);
        string[] paths = parse.GetRequiredValue(_traces), files = TraceFiles.Find(paths);
        bool isOne = files.Length == 1 && files[0] == paths[0] && !parse.GetValue(_quiet);
        if (!isOne && parse.GetValue(_dump) is not null)
            throw new CommandLineException("--dump: writes the end state of one trace, without --quiet", HelpShown.None);
        if (!isOne && parse.GetValue(_perfetto) is not null)
            throw new CommandLineException("--perfetto: writes the timeline of one trace, without --quiet", HelpShown.None);
        if (parse.GetValue(_events) is not null && !(isOne && parse.GetValue(_expect)))
            throw new CommandLineException("--events: writes the events of one trace, with --expect and without --quiet", HelpShown.None);

        TraceVerdict[] verdicts = isOne ? [RunOne(parse, terminal, files[0])] : RunAll(parse, terminal, files);
        WriteFor(terminal, parse.GetValue(_junit), output => JUnitReport.Write(output, verdicts));
        WriteFor(terminal, parse.GetValue(_tap), output => TapReport.Write(output, verdicts));
        return verdicts.Any(verdict => verdict.Malformed is not null) ? ExitCode.BadInput
            : verdicts.All(verdict => verdict.IsGood) ? ExitCode.Ok
            : ExitCode.Difference;
    }

    /// <summary>Whether the result of each trace goes to the standard output in a form for programs, so that nothing else may.</summary>
    private bool IsOutputTaken(ParseResult parse) => parse.GetValue(_junit) == StandardOutput || parse.GetValue(_tap) == StandardOutput;

    private void RequireOneOutput(ParseResult parse)
    {
        bool[] takers = [parse.GetValue(_json), parse.GetValue(_junit) == StandardOutput, parse.GetValue(_tap) == StandardOutput];
        if (takers.Count(isTaker => isTaker) > 1)
            throw new CommandLineException("--json, --junit - and --tap - cannot share the standard output", HelpShown.None);
    }

    private TraceVerdict RunOne(ParseResult parse, Terminal terminal, string file)
    {
        bool isChecked = parse.GetValue(_expect);
        using TimelineListener? timeline = parse.GetValue(_perfetto) is null ? null : new TimelineListener();
        var outcomes = new List<CallOutcome>();
        using Replay replay = _replays.Replay(
            parse, terminal, file, isChecked, keepFields: parse.GetValue(_json), keepEvents: parse.GetValue(_events) is not null,
            look: IsOutputTaken(parse) ? null : (outcome, _) => outcomes.Add(outcome));
        if (timeline is not null)
            OutputFile.Write(parse.GetValue(_perfetto)!, stream => TimelineWriter.Write(stream, timeline.Events));
        EndState state = StateCapture.Of(replay.Player);
        if (parse.GetValue(_dump) is { } dump && replay.Stop is null)
            Dump(dump, state);
        if (parse.GetValue(_json))
            terminal.Json("run", JsonVersion, writer => WriteJson(writer, replay, outcomes, state));
        else if (!IsOutputTaken(parse))
            Write(terminal, replay, outcomes, state, isChecked, parse.GetValue(_calls));
        TraceVerdict verdict = TraceVerdict.Of(file, replay);
        if (!verdict.IsGood)
            WriteFor(terminal, parse.GetValue(_events), replay.Player.Parties.DumpEvents);
        if (verdict.Malformed is { } message)
            terminal.Complain(message);
        return verdict;
    }

    private TraceVerdict[] RunAll(ParseResult parse, Terminal terminal, string[] files)
    {
        bool isChecked = parse.GetValue(_expect);
        TraceVerdict[] verdicts = [
            .. files.Select(file => TraceVerdict.Of(file, path => _replays.Replay(parse, terminal, path, isChecked)))];
        if (parse.GetValue(_json))
            terminal.Json("runs", RunsJsonVersion, writer => VerdictReport.WriteJson(writer, verdicts));
        else if (!IsOutputTaken(parse))
            VerdictReport.Write(terminal, verdicts, isChecked, parse.GetValue(_quiet));
        return verdicts;
    }

    private static void Write(
        Terminal terminal, Replay replay, IReadOnlyList<CallOutcome> outcomes, EndState state, bool isChecked, bool listAll)
    {
        terminal.Line(
            $"{replay.Name} on {state.Platform.Name} ({state.Platform.MarketingName}), profile {ProfileNames.NameOf(state.Profile)}",
            hang: 4);
        terminal.Line();
        CallReport.Write(terminal, outcomes, listAll);
        FenceReport.Write(terminal, replay.Player.Moments.All);
        if (state.Vms.Count == 0)
        {
            terminal.Line();
            terminal.Line(VmReport.NoneLeft);
        }

        foreach (VmState vm in state.Vms)
        {
            terminal.Line();
            VmReport.Write(terminal, vm, vm.Platform ?? state.Platform);
        }

        SvmReport.WriteDevices(terminal, replay.Player.Parties.Devices);
        if (isChecked)
        {
            terminal.Line();
            CallReport.WriteExpectations(terminal, replay);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, Replay replay, IReadOnlyList<CallOutcome> outcomes, EndState state)
    {
        json.WriteString("trace", replay.Name);
        json.WriteString("platform", state.Platform.Name);
        json.WriteString("profile", ProfileNames.NameOf(state.Profile));
        CallReport.WriteJson(json, replay, outcomes);
        FenceReport.WriteJson(json, replay.Player.Moments.All);
        json.WriteObjects("vms", state.Vms, vm => VmReport.WriteFields(json, vm, vm.Platform ?? state.Platform));
        SvmReport.WriteDevices(json, replay.Player.Parties.Devices);
    }

    private static void WriteFor(Terminal terminal, string? file, Action<TextWriter> write)
    {
        if (file == StandardOutput)
            write(terminal.Out);
        else if (file is not null)
            OutputFile.Write(file, stream =>
            {
                using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                write(writer);
            });
    }

    private static void Dump(string file, EndState state) => OutputFile.Write(file, stream =>
    {
        using var json = new Utf8JsonWriter(stream, JsonStyle.Options);
        StateJson.Write(json, state);
    });
}
