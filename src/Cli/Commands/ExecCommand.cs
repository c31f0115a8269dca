using System.CommandLine;
using XePt.Cli.Console;
using XePt.Cli.Exec;
using XePt.Cli.Input;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept exec</c>: runs a program on devices without hardware.</summary>
internal static class ExecCommand
{
    private static readonly VerbHelp Help = new(
        "the program has ended with 0; any other code is the program's, 128 and a number that of the signal which ended it",
        null,
        new("exec --platform lnl --explain -- vulkaninfo", "Run a program on a Lunar Lake; say of each ioctl that fails, why."),
        new("exec --trace calls.xetrace -- ./program", "Record its calls as a trace, for xept run."))
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
        Option<PlatformInfo?> platform = CommonOptions.Platform("The platform of its devices; bmg without it.");
        Option<int?> devices = CommonOptions.Parsed<int?>(
            "--devices", "N", $"How many devices it finds, up to {NodeTree.MostDevices}; 1 without it.", text => ParseDevices(text));
        var explain = new Option<bool>("--explain")
        {
            Description = "A line on the error output for each ioctl that fails: rule, field and why.",
        };
        var trace = new Option<string?>("--trace") { Description = "Write its calls as a trace.", HelpName = "FILE" };
        var library = new Option<string?>("--library")
        {
            Description = $"The folder of the libraries; without it beside the tool, or {NodeLibrary.Built}.",
            HelpName = "FOLDER",
        };
        var command = new Verb("exec", "Run a program on a render node without hardware.", Help)
        {
            program, platform, devices, explain, trace, library,
        };
        command.SetAction(parse =>
        {
            if (!OperatingSystem.IsLinux())
                throw new InputException("exec", 0, "preloads libraries, as only Linux does here");
            string libraries = NodeLibrary.Find(parse.GetValue(library), AppContext.BaseDirectory, Directory.GetCurrentDirectory());
            using CallRecord? record = parse.GetValue(trace) is { } file ? new CallRecord(file) : null;
            var run = new ProgramRun(
                libraries, parse.GetValue(platform) ?? XePlatforms.Bmg, parse.GetValue(devices) ?? 1, parse.GetValue(explain), record?.Log);
            int exitCode = run.Run(parse.GetValue(program)!);
            record?.Write(run.Platform, Terminal.Of(parse));
            return exitCode;
        });
        return command;
    }

    private static int ParseDevices(string text) =>
        int.TryParse(text, out int count) && count is >= 1 and <= NodeTree.MostDevices
            ? count
            : throw new MalformedRecordException($"\"{text}\" is not a number from 1 to {NodeTree.MostDevices}");
}
