using System.CommandLine;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Explain;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Commands;

/// <summary><c>xept explain</c>: which check rejects a call, and which checks come before and after it.</summary>
internal static class ExplainCommand
{
    private const int JsonVersion = 2;
    private const string OpSource = "--op";

    private static readonly VerbHelp Help = new(
        "the calls were explained, whether they are refused or not",
        null,
        new("explain samples/mistakes.xetrace", "Say which check refuses each refused call, and why."),
        new("explain samples/mistakes.xetrace --line 5", "List all checks of the call on line 5, in the order of the driver."),
        new("explain --op op=MAP,flags=NULL,obj=1,range=0x1000", "Ask about a call without a trace."))
    {
        Usages = ["TRACE [options]", "--op FIELDS [options]"],
    };

    public static Command Create()
    {
        var trace = CommonOptions.Trace();
        trace.Arity = ArgumentArity.ZeroOrOne;
        var line = CommonOptions.Count("--line", "LINE", "Show all checks of the call on this line of the trace.", min: 1);
        var op = new Option<string?>(OpSource)
        {
            Description = "Explain this call instead of a trace: a bind op or a whole record, as JSON or as op=MAP,flags=NULL,obj=1.",
            HelpName = "FIELDS",
        };
        var vmMode = CommonOptions.Parsed(
            "--vm-mode", "MODE", "Mode of the VM that --op is for: dma-fence, preempt-fence or fault.", VmModeNames.Parse);
        var scratch = new Option<bool>("--scratch") { Description = "The VM that --op is for has scratch pages." };
        var bo = new Option<string?>(
            "--bo")
        { Description = "GEM_CREATE fields of the BO with handle 1 that --op names.", HelpName = "FIELDS" };
        var platform = CommonOptions.Platform("The platform; for --op bmg unless given.");
        var profile = CommonOptions.Profile();
        var json = CommonOptions.Json();
        var command = new Verb("explain", "Say which check rejects a call, with its rule, and list the checks in order.", Help)
        {
            trace, op, line, platform, profile, vmMode, scratch, bo, json,
        };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            (string? path, string? fields) = (parse.GetValue(trace), parse.GetValue(op));
            if (path is null && fields is null)
                throw new CommandLineException("TRACE or --op is missing", HelpShown.Usage);
            if (path is not null && fields is not null)
                throw new CommandLineException("give either a trace or --op", HelpShown.Usage);

            VmCreateFlags vmFlags = FlagsOf(parse.GetValue(vmMode)) | (parse.GetValue(scratch) ? VmCreateFlags.ScratchPage : 0);
            Explanation[] explanations = fields is null
                ? OfTrace(
                    new ReplayRequest(path!, parse.GetValue(platform), parse.GetValue(profile), KeepFields: parse.GetValue(json)),
                    parse.GetValue(line), terminal)
                : [OfOp(new OpSetting(parse.GetValue(platform) ?? XePlatforms.Bmg, parse.GetValue(profile) ?? XeProfile.Final, vmFlags,
                    parse.GetValue(bo)), fields)];
            if (parse.GetValue(json))
                terminal.Json("explain", JsonVersion, writer => WriteJson(writer, explanations));
            else
                ExplanationReport.Write(terminal, explanations, listChecks: fields is not null || parse.GetValue(line) is not null);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Explanation[] OfTrace(ReplayRequest request, int? line, Terminal terminal)
    {
        var wanted = new List<CallOutcome>();
        using Replay replay = Replay.Run(
            request with
            {
                Look = (outcome, _) =>
                {
                    if (line is null ? outcome.Result.Errno != Errno.Ok : outcome.Line == line)
                        wanted.Add(outcome);
                },
            },
            terminal);
        return line is null || wanted.Count > 0
            ? [.. wanted.Select(Explanation.Of)]
            : throw new InputException(replay.Name, line.Value, "there is no record on this line");
    }

    private static Explanation OfOp(OpSetting setting, string fields)
    {
        try
        {
            return Explanation.Of(setting.Play(fields));
        }
        catch (MalformedRecordException e)
        {
            throw new InputException(OpSource, 0, e.Message);
        }
    }

    private static VmCreateFlags FlagsOf(VmMode mode) => mode switch
    {
        VmMode.Fault => VmCreateFlags.LrMode | VmCreateFlags.FaultMode,
        VmMode.PreemptFence => VmCreateFlags.LrMode,
        _ => VmCreateFlags.None,
    };

    private static void WriteJson(Utf8JsonWriter json, Explanation[] explanations) =>
        json.WriteObjects("calls", explanations, explanation => ExplanationReport.WriteFields(json, explanation));
}
