using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Exec;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.Traces;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept exec</c>: runs a program on devices without hardware.</summary>
internal static class ExecCommand
{
    // Of no program's own: shells begin their codes there.
    private const int CheckFailed = 125;

    private static readonly VerbHelp Help = new(
        "the program has ended with 0; any other code is the program's, 128 and a number that of the signal which ended it; 125: --check "
            + "has found something",
        null,
        new("exec --platform lnl --explain -- vulkaninfo", "Run a program on a Lunar Lake; say of each ioctl that fails, why."),
        new("exec --trace calls.xetrace -- ./program", "Record its calls as a trace, for xept run."),
        new("exec --check --report -- ./program", "Check its page tables after each call and each job; say in the end what it has done."))
    {
        Usages = ["[options] -- PROGRAM [ARGUMENTS]"],
        Colours = [],
    };

    public static Command Create()
    {
        var program = new Argument<string[]>("PROGRAM")
        {
            Description = "The program and its arguments, behind --.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<PlatformInfo?> platform = CommonOptions.Platform(
            $"The platform of its devices; without it that of {NodeVariables.Platform} in the environment, or bmg.");
        Option<int?> devices = CommonOptions.Parsed<int?>(
            "--devices", "N", $"How many devices it finds, up to {NodeTree.MostDevices}; 1 without it.", text => ParseDevices(text));
        Option<string?> time = CommonOptions.Parsed<string?>(
            "--time", "virtual|real",
            "real: its devices have the computer's clock, as without it; virtual: time passes only while it waits or sleeps, and nobody "
                + "does so for real (or XEPT_TIME).",
            text => ParseTime(text));
        var explain = new Option<bool>("--explain")
        {
            Description = "A line on the error output for each ioctl that fails: rule, field and why.",
        };
        var trace = new Option<string?>("--trace") { Description = "Write its calls as a trace.", HelpName = "FILE" };
        var check = new Option<bool>("--check")
        {
            Description = "Compare the page tables with the VMA list after each ioctl and each job, and each access with the TLB flushes "
                + $"(or XEPT_CHECK=1). What is wrong is a line on the error output, and the exit code {CheckFailed}.",
        };
        var report = new Option<string?>("--report")
        {
            Description = "Write what it has done: ioctls, refusals, faults, jobs, what was left open; on the error output without FILE.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = new("--json") { Description = "Write the report as JSON." };
        var library = new Option<string?>("--library")
        {
            Description = $"The folder of the libraries; without it beside the tool, or {NodeLibrary.Built}.",
            HelpName = "FOLDER",
        };
        var command = new Verb("exec", "Run a program on a render node without hardware.", Help)
        {
            program, platform, devices, time, explain, check, report, json, trace, library,
        };
        command.SetAction(parse =>
        {
            if (!OperatingSystem.IsLinux())
                throw new InputException("exec", 0, "preloads libraries, as only Linux does here");
            Terminal terminal = Terminal.Of(parse);
            bool checks = parse.GetValue(check) || Environment.GetEnvironmentVariable("XEPT_CHECK") == "1";
            string? pace = parse.GetValue(time) ?? OfEnvironment(NodeVariables.Time, ParseTime);
            bool reports = parse.GetResult(report) is not null;
            PlatformInfo of = parse.GetValue(platform)
                ?? OfEnvironment(NodeVariables.Platform, PlatformNames.Parse) ?? XePlatforms.Bmg;
            string libraries = NodeLibrary.Find(parse.GetValue(library), AppContext.BaseDirectory, Directory.GetCurrentDirectory());
            using CallRecord? record = parse.GetValue(trace) is { } calls ? new CallRecord(calls) : null;
            using FileStream? file = parse.GetValue(report) is { } name ? OutputFile.Open(name) : null;
            var run = new ProgramRun(
                libraries, of, parse.GetValue(devices) ?? 1, pace == "virtual", parse.GetValue(explain), checks, reports, record?.Log);
            ProgramCounts counts = run.Run(parse.GetValue(program)!);
            record?.Write(run.Platform, terminal);
            if (reports)
                Report(terminal, file, counts, parse.GetValue(json));
            return counts.Violations > 0 ? CheckFailed : counts.ExitCode;
        });
        return command;
    }

    private static void Report(Terminal terminal, FileStream? file, ProgramCounts counts, bool asJson)
    {
        using StreamWriter? writer = file is null ? null : new StreamWriter(file, leaveOpen: true);
        Terminal into = writer is null
            ? new Terminal(terminal.Error, terminal.Error, terminal.ErrorScreen, terminal.ErrorScreen)
            : new Terminal(writer, terminal.Error, Screen.Plain, terminal.ErrorScreen);
        if (asJson)
            into.Json("exec", ExecReport.Version, json => ExecReport.WriteFields(json, counts));
        else
            ExecReport.Write(into, counts);
    }

    private static string ParseTime(string text) => text is "virtual" or "real"
        ? text
        : throw new MalformedRecordException($"\"{text}\" is neither virtual nor real");

    /// <summary>What the environment says where the command line says nothing.</summary>
    private static T? OfEnvironment<T>(string variable, Func<string, T> parse)
        where T : class
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
            return null;
        try
        {
            return parse(text);
        }
        catch (MalformedRecordException e)
        {
            throw new InputException(variable, 0, e.Message);
        }
    }

    private static int ParseDevices(string text) =>
        int.TryParse(text, out int count) && count is >= 1 and <= NodeTree.MostDevices
            ? count
            : throw new MalformedRecordException($"\"{text}\" is not a number from 1 to {NodeTree.MostDevices}");
}
