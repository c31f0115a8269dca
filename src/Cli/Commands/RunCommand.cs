using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.State;
using XePt.Cli.Traces;

namespace XePt.Cli.Commands;

/// <summary><c>xept run</c>: the main job. Replays a trace and shows what came of it.</summary>
internal static class RunCommand
{
    private const int JsonVersion = 1;

    private static readonly VerbHelp Help = new(
        "the trace was played; calls that the driver refuses are results, not failures",
        "an expectation is not met (--expect)",
        new("run samples/mirror-lifecycle.xetrace", "Play a trace and show what came of each call, then the address space."),
        new("run samples/vulkan-anv.xetrace --expect", "Also compare with what the trace expects."),
        new("run samples/compute-usm.xetrace --dump before.json", "Write the end state for xept diff."));

    public static Command Create()
    {
        var replays = new ReplayOptions();
        var expect = new Option<bool>("--expect") { Description = "Fail when an errno or a state differs from what the trace expects." };
        var dump = new Option<string?>("--dump") { Description = "Write the end state as JSON, for xept diff.", HelpName = "FILE" };
        var calls = new Option<bool>("--calls") { Description = "List each call, however many there are." };
        var json = CommonOptions.Json();
        var command = new Verb("run", "Replay a trace: result of each call, then VMAs, page tables and TLB flushes.", Help) { expect, dump, calls, json };
        replays.AddTo(command);
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            bool isChecked = parse.GetValue(expect);
            using Replay replay = replays.Replay(parse, terminal, isChecked);
            EndState state = StateCapture.Of(replay.Player);
            if (parse.GetValue(dump) is { } file && replay.Stop is null)
                Dump(file, state);
            if (parse.GetValue(json))
                terminal.Json("run", JsonVersion, writer => WriteJson(writer, replay, state));
            else
                Write(terminal, replay, state, isChecked, parse.GetValue(calls));
            return replay.Outcomes.Any(outcome => outcome.Differences.Count > 0) ? ExitCode.Difference : ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, Replay replay, EndState state, bool isChecked, bool listAll)
    {
        terminal.Line($"{replay.Name} on {state.Platform.Name} ({state.Platform.MarketingName}), profile {ProfileNames.NameOf(state.Profile)}");
        terminal.Line();
        CallReport.Write(terminal, replay.Outcomes, listAll);
        FenceReport.Write(terminal, replay.Player.Moments.All);
        foreach (VmState vm in state.Vms)
        {
            terminal.Line();
            VmReport.Write(terminal, vm, state.Platform);
        }

        if (isChecked)
        {
            terminal.Line();
            CallReport.WriteExpectations(terminal, replay);
        }
    }

    private static void WriteJson(Utf8JsonWriter json, Replay replay, EndState state)
    {
        json.WriteString("trace", replay.Name);
        json.WriteString("platform", state.Platform.Name);
        json.WriteString("profile", ProfileNames.NameOf(state.Profile));
        CallReport.WriteJson(json, replay);
        FenceReport.WriteJson(json, replay.Player.Moments.All);
        json.WriteObjects("vms", state.Vms, vm => VmReport.WriteFields(json, vm, state.Platform));
    }

    private static void Dump(string file, EndState state)
    {
        try
        {
            using FileStream stream = File.Create(file);
            using var json = new Utf8JsonWriter(stream, JsonStyle.Options);
            StateJson.Write(json, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(file, 0, "cannot be written");
        }
    }
}
