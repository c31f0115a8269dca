using System.CommandLine;
using System.Reflection;
using XePt.Cli.Console;
using XePt.Cli.Import;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Commands;

/// <summary><c>xept import</c>: makes a trace of what a real program has called.</summary>
internal static class ImportCommand
{
    private static readonly VerbHelp Help = new(
        "the trace, or the recorder, was written",
        null,
        new("import calls.log > calls.xetrace", "Make a trace of a recorded log; what is left out is said on the error output."),
        new("import --recorder > xerecord.c", "Write the recorder; how to build and use it stands at its top."))
    {
        Usages = ["LOG [options]", "--recorder"],
        Colours = [],
    };

    public static Command Create()
    {
        var log = new Argument<string?>("LOG")
        {
            Description = "What the recorder has written, plain or gzip-compressed; - is the standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var recorder = new Option<bool>("--recorder") { Description = "Print the C source of the recorder." };
        var platform = CommonOptions.Platform("The platform of the trace, instead of what the log says.");
        var client = CommonOptions.Count("--client", "N", "Only this client of the log, by the order of their first calls.", min: 1);
        var command = new Verb("import", "Make a trace of the calls that a real program has made.", Help)
        {
            log, recorder, platform, client,
        };
        command.SetAction(parse =>
        {
            Terminal terminal = Terminal.Of(parse);
            if (parse.GetValue(recorder))
                terminal.Out.Write(Recorder());
            else if (parse.GetValue(log) is { } path)
                Import(terminal, path, parse.GetValue(platform), parse.GetValue(client));
            else
                throw new CommandLineException("LOG is missing; xept import --recorder prints what makes one", HelpShown.Usage);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Import(Terminal terminal, string path, PlatformInfo? platform, int? number)
    {
        IReadOnlyList<RecordedCall> all = CallLog.Read(path);
        string[] clients = [.. all.Where(call => call.Kind == RecordedKind.Ioctl && CallForm.Find(call.Request) is not null)
            .Select(call => call.File!).Distinct()];
        if (clients.Length == 0 || number > clients.Length)
            throw new InputException(
                path, 0,
                clients.Length == 0 ? "no client asks anything of a device here"
                : $"clients that ask something of a device here: {clients.Length}");

        var maker = new TraceMaker(device => platform ?? PlatformOf(device), number is { } one ? clients[one - 1] : null);
        foreach (string line in maker.Make(all))
            terminal.Out.WriteLine(line);
        terminal.Remark($"{Count.Of(maker.Records, "record")} of {Count.Of(maker.Clients, "client")}");
        foreach ((string what, int count) in maker.LeftOut)
            terminal.Remark($"left out: {count} x {what}");
        if (number is not null && clients.Length > 1)
            terminal.Remark($"client {number} of {clients.Length}: all of them without --client");

        PlatformInfo PlatformOf(string device) => DeviceGuess.From(
                all.Where(call => call.Kind == RecordedKind.Ioctl && TraceMaker.DeviceOf(call.Path) == TraceMaker.DeviceOf(device)))
            ?? throw new InputException(path, 0, "the log does not say which platform it is of: choose one with --platform");
    }

    private static string Recorder()
    {
        using Stream source = Assembly.GetExecutingAssembly().GetManifestResourceStream("xerecord.c")!;
        return new StreamReader(source).ReadToEnd();
    }
}
