using System.CommandLine;
using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Reports;
using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Cli.Traces;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept stress</c>: binders, walkers and invalidators against each other, every translation checked.</summary>
internal static class StressCommand
{
    private const int JsonVersion = 1;

    /// <summary>Each binder has a VM and each walker checks against all of them, so time and memory grow with the square; more threads find
    /// nothing that these do not.</summary>
    private const int MaxThreads = 256;

    private const int MaxSeed = 1_000_000;

    private static readonly VerbHelp Help = new(
        "no violation, no leak",
        "a violation or a leak was found",
        new("stress --seconds 5", "Run for five seconds on all cores."),
        new("stress --platform pvc --threads 8 --seed 7", "Choose the platform, the threads and the seed."),
        new("stress --svm --seconds 5", "Faults on mirrors against changes of the process, on all cores."));

    public static Command Create()
    {
        Option<double?> seconds = CommonOptions.Parsed<double?>(
            "--seconds", "N", "How long; 10 without it. Ctrl+C ends it earlier.", text => ParseSeconds(text));
        Option<int?> threads = CommonOptions.Parsed<int?>("--threads", "T",
            $"Threads, from 2 to {MaxThreads}; as many as there are cores without it.", text => ParseWhole(text, 2, MaxThreads));
        Option<int?> seed = CommonOptions.Parsed<int?>(
            "--seed", "S", "Seed of all choices; 1 without it.", text => ParseWhole(text, 0, MaxSeed));
        Option<PlatformInfo?> platform = CommonOptions.Parsed<PlatformInfo?>(
            "--platform", "P", $"The platform; bmg without it. One with fault mode: {string.Join(", ", WithFaultMode)}.", ParsePlatform);
        var events = new Option<string?>("--events")
        {
            Description = "Keep the newest events of the device and write them when something is wrong.",
            HelpName = "FILE",
        };
        var svm = new Option<bool>("--svm") { Description = "Stress CPU address mirrors instead, with a process that changes." };
        var inline = new Option<bool>("--inline")
        {
            Description = "With --svm: service each fault on its own thread and copy at once.",
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Verb("stress", "Bind, translate and invalidate on many threads and check every translation.", Help) { seconds,
            threads, seed, platform, svm, inline, events, json };
        command.SetAction(parse =>
        {
            using var kept = new StringWriter();
            var options = new StressOptions(
                parse.GetValue(seconds) ?? 10, parse.GetValue(threads) ?? Math.Clamp(Environment.ProcessorCount, 2, MaxThreads),
                parse.GetValue(seed) ?? 1)
            {
                IsInline = parse.GetValue(inline),
                Platform = parse.GetValue(platform) ?? XePlatforms.Bmg,
                Events = parse.GetValue(events) is null ? null : kept,
            };
            Terminal terminal = Terminal.Of(parse);
            if (parse.GetValue(svm) && parse.GetValue(events) is not null)
                throw new CommandLineException("--events: are not kept with --svm", HelpShown.None);
            if (parse.GetValue(inline) && !parse.GetValue(svm))
                throw new CommandLineException("--inline: only with --svm", HelpShown.None);
            if (parse.GetValue(svm))
                return RunSvm(terminal, options, parse.GetValue(json));
            StressResult? result = null;
            var run = new StressRun(options);
            using (new EarlyEnd(run.Stop))
                terminal.Watch("stress", 1000, report => result = run.Run(report));
            if (parse.GetValue(events) is { } file && !result!.IsGood)
                OutputFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(kept.ToString())));
            if (parse.GetValue(json))
                terminal.Json("stress", JsonVersion, writer => StressReport.WriteFields(writer, options, result!));
            else
                StressReport.Write(terminal, options, result!);
            return result!.IsGood ? ExitCode.Ok : ExitCode.Difference;
        });
        return command;
    }

    private static int RunSvm(Terminal terminal, StressOptions options, bool isJson)
    {
        SvmStressResult? result = null;
        var run = new SvmStressRun(options);
        using (new EarlyEnd(run.Stop))
            terminal.Watch("stress", 1000, report => result = run.Run(report));
        if (isJson)
            terminal.Json("stress", JsonVersion, writer => StressReport.WriteFields(writer, options, result!));
        else
            StressReport.Write(terminal, options, result!);
        return result!.IsGood ? ExitCode.Ok : ExitCode.Difference;
    }

    /// <summary>The VMs under stress are in fault mode.</summary>
    private static IEnumerable<string> WithFaultMode =>
        XePlatforms.All.Where(platform => platform.HasFaultMode).Select(platform => platform.Name);

    private static PlatformInfo ParsePlatform(string text) => PlatformNames.Parse(text) is { HasFaultMode: true } platform
        ? platform
        : throw new MalformedRecordException($"{text} has no fault mode; stress runs on {string.Join(", ", WithFaultMode)}");

    private static double ParseSeconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds is > 0 and <= 86_400
            ? seconds
            : throw new MalformedRecordException($"\"{text}\" is not a number above 0 and up to 86400");

    private static int ParseWhole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new MalformedRecordException($"\"{text}\" is not a whole number from {least} to {most}");
}
