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
        new("import --recorder > xerecord.c", "Write the recorder; how to build and use it stands at its top."));

    public static Command Create()
    {
        var log = new Argument<string?>("LOG")
        {
            Description = "What the recorder has written, plain or gzip-compressed; - is the standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var recorder = new Option<bool>("--recorder") { Description = "Print the C source of the recorder." };
        var platform = CommonOptions.Platform("The platform of the trace, instead of what the log says.");
        var client = CommonOptions.Count("--client", "N", "Which client of the log, in the order of their first VM.", min: 1);
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
                Import(terminal, path, parse.GetValue(platform), parse.GetValue(client) ?? 1);
            else
                throw new InputException("LOG", 0, "which log? xept import --recorder prints what makes one");
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Import(Terminal terminal, string path, PlatformInfo? platform, int number)
    {
        IReadOnlyList<RecordedCall> all = CallLog.Read(path);
        string[] clients = [.. all.Where(call => call.Request == XeIoctl.VmCreate).Select(call => call.Client).Distinct()];
        if (number > clients.Length)
            throw new InputException(
                path, 0,
                clients.Length == 0 ? "no client creates a VM here" : $"clients that create a VM here: {clients.Length}");

        string chosen = clients[number - 1], process = chosen[..(chosen.IndexOf(':') + 1)];
        RecordedCall[] calls = [.. all.Where(call => call.Client == chosen || call.Client == process)];
        platform ??= DeviceGuess.From(all)
            ?? throw new InputException(path, 0, "the log does not say which platform it is of: choose one with --platform");

        var maker = new TraceMaker(platform);
        foreach (string line in maker.Make(calls))
            terminal.Out.WriteLine(line);
        terminal.Error.WriteLine($"{platform.Name}: {Count.Of(maker.Records, "record")}");
        foreach ((string what, int count) in maker.LeftOut)
            terminal.Error.WriteLine($"left out: {count} × {what}");
        if (clients.Length > 1)
            terminal.Error.WriteLine($"client {number} of {clients.Length}: the others with --client");
    }

    private static string Recorder()
    {
        using Stream source = Assembly.GetExecutingAssembly().GetManifestResourceStream("xerecord.c")!;
        return new StreamReader(source).ReadToEnd();
    }
}
