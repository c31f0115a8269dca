using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Cli.Traces;
using XePt.Devices;

namespace XePt.Cli.Commands;

/// <summary><c>xept stress</c>: binders, walkers and invalidators against each other, every translation checked.</summary>
internal static class StressCommand
{
    private const int JsonVersion = 1;
    private const int ViolationsShown = 5;

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
        Option<double?> seconds = CommonOptions.Parsed<double?>("--seconds", "N", "How long; 10 without it.", text => ParseSeconds(text));
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
        Option<bool> json = CommonOptions.Json();
        var command = new Verb("stress", "Bind, translate and invalidate on many threads and check every translation.", Help) { seconds,
            threads, seed, platform, svm, events, json };
        command.SetAction(parse =>
        {
            using var kept = new StringWriter();
            var options = new StressOptions(
                parse.GetValue(seconds) ?? 10, parse.GetValue(threads) ?? Math.Clamp(Environment.ProcessorCount, 2, MaxThreads),
                parse.GetValue(seed) ?? 1)
            {
                Platform = parse.GetValue(platform) ?? XePlatforms.Bmg,
                Events = parse.GetValue(events) is null ? null : kept,
            };
            Terminal terminal = Terminal.Of(parse);
            if (parse.GetValue(svm) && parse.GetValue(events) is not null)
                throw new InputException("--events", 0, "are not kept with --svm");
            if (parse.GetValue(svm))
                return RunSvm(terminal, options, parse.GetValue(json));
            StressResult? result = null;
            terminal.Watch("stress", 1000, report => result = new StressRun(options).Run(report));
            if (parse.GetValue(events) is { } file && !result!.IsGood)
                OutputFile.Write(file, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(kept.ToString())));
            if (parse.GetValue(json))
                terminal.Json("stress", JsonVersion, writer => WriteJson(writer, options, result!));
            else
                Write(terminal, options, result!);
            return result!.IsGood ? ExitCode.Ok : ExitCode.Difference;
        });
        return command;
    }

    private static int RunSvm(Terminal terminal, StressOptions options, bool isJson)
    {
        SvmStressResult? result = null;
        terminal.Watch("stress", 1000, report => result = new SvmStressRun(options).Run(report));
        if (isJson)
            terminal.Json("stress", JsonVersion, writer => WriteJson(writer, options, result!));
        else
            Write(terminal, options, result!);
        return result!.IsGood ? ExitCode.Ok : ExitCode.Difference;
    }

    private static void Write(Terminal terminal, StressOptions options, SvmStressResult result)
    {
        terminal.Line(string.Create(CultureInfo.InvariantCulture,
            $"{options.Platform.Name}, {options.Threads} threads, seed {options.Seed}, {result.Seconds:0.0} s"));
        terminal.Table(["what", Column.Number("count")],
            result.Rows.Select(row => new Cell[] { row.Name, row.Value.ToString("N0", CultureInfo.InvariantCulture) }));
        if (result.Failure is { } failure)
            terminal.Line($"a thread failed: {failure}");
        if (result.Left.Length > 0)
            terminal.Line(result.Left);
        terminal.Line(result.IsGood ? "no violation, no leak" : "NOT good");
    }

    private static void WriteJson(Utf8JsonWriter json, StressOptions options, SvmStressResult result)
    {
        json.WriteString("platform", options.Platform.Name);
        json.WriteNumber("threads", options.Threads);
        json.WriteNumber("seed", options.Seed);
        json.WriteNumber("seconds", result.Seconds);
        foreach ((string name, long value) in result.Rows)
            json.WriteNumber(name.Replace(' ', '_'), value);
        json.WriteString("left", result.Left);
        json.WriteString("failure", result.Failure);
        json.WriteBoolean("good", result.IsGood);
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

    private static void Write(Terminal terminal, StressOptions options, StressResult result)
    {
        terminal.Line(string.Create(CultureInfo.InvariantCulture,
            $"{options.Platform.Name}, {options.Threads} threads, seed {options.Seed}, {result.Seconds:0.0} s"));
        terminal.Table(["what", Column.Number("count")],
            Rows(result).Select(row => new Cell[] { row.Name, row.Value.ToString("N0", CultureInfo.InvariantCulture) }));
        foreach (CoherenceViolation violation in result.First.Take(ViolationsShown))
            terminal.Line($"violation: {violation}");
        if (result.Failure is { } failure)
            terminal.Line($"a thread failed: {failure}");
        terminal.Line(result.IsGood ? "no violation, no leak" : "NOT good");
    }

    private static void WriteJson(Utf8JsonWriter json, StressOptions options, StressResult result)
    {
        json.WriteString("platform", options.Platform.Name);
        json.WriteNumber("threads", options.Threads);
        json.WriteNumber("seed", options.Seed);
        json.WriteNumber("seconds", result.Seconds);
        foreach ((string name, long value) in Rows(result))
            json.WriteNumber(name.Replace(' ', '_'), value);
        json.WriteString("failure", result.Failure);
        json.WriteBoolean("good", result.IsGood);
    }

    private static IEnumerable<(string Name, long Value)> Rows(StressResult result) =>
    [
        ("operations", result.Binds + result.Unbinds + result.Zaps + result.Faults),
        ("binds", result.Binds),
        ("unbinds", result.Unbinds),
        ("deferred", result.Deferred),
        ("zaps", result.Zaps),
        ("zaps busy", result.BusyZaps),
        ("faults", result.Faults),
        ("translations", result.Translations),
        ("tlb hits", result.TlbHits),
        ("tlb misses", result.TlbMisses),
        ("invalidations", result.Invalidations),
        ("violations", result.Violations),
        ("unjudged", result.Unjudged),
        ("tables retired", result.TablesRetired),
        ("tables recycled", result.TablesRecycled),
        ("tables leaked", result.TablesLeaked),
        ("memory peak", result.MemoryPeak),
        ("memory growth", result.MemoryGrowth),
    ];
}
