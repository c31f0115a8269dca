using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Reports;

/// <summary>What a stress run did and found.</summary>
internal static class StressReport
{
    private const int ViolationsShown = 5;
    private const string TablesLeaked = "tables leaked";

    public static void Write(Terminal terminal, StressOptions options, StressResult result)
    {
        WriteCounts(terminal, options, result.Seconds, Rows(result));
        foreach (CoherenceViolation violation in result.First.Take(ViolationsShown))
            terminal.Line($"violation: {violation}", Ink.Bad, hang: 4);
        WriteVerdict(terminal, result.Failure, result.IsGood);
    }

    public static void Write(Terminal terminal, StressOptions options, SvmStressResult result)
    {
        WriteCounts(terminal, options, result.Seconds, result.Rows);
        if (result.Left.Length > 0)
            terminal.Line(result.Left, Ink.Bad, hang: 4);
        WriteVerdict(terminal, result.Failure, result.IsGood);
    }

    public static void WriteFields(Utf8JsonWriter json, StressOptions options, StressResult result)
    {
        WriteCounts(json, options, result.Seconds, Rows(result));
        WriteVerdict(json, result.Failure, result.IsGood);
    }

    public static void WriteFields(Utf8JsonWriter json, StressOptions options, SvmStressResult result)
    {
        WriteCounts(json, options, result.Seconds, result.Rows);
        json.WriteString("left", result.Left);
        WriteVerdict(json, result.Failure, result.IsGood);
    }

    private static void WriteCounts(
        Terminal terminal, StressOptions options, double seconds, IEnumerable<(string Name, long Value)> rows)
    {
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture, $"{options.Platform.Name}, {options.Threads} threads, seed {options.Seed}, {seconds:0.0} s"));
        terminal.Table(["what", Column.Number("count")], rows.Select(row => new Cell[]
        {
            row.Name, new(TextOf(row.Name, row.Value), IsWrong(row.Name, row.Value) ? Ink.Bad : Ink.Plain),
        }));
    }

    private static string TextOf(string name, long value) => name.StartsWith("memory", StringComparison.Ordinal) && value >= 0
        ? CallText.Bytes((ulong)value) : value.ToString("N0", CultureInfo.InvariantCulture);

    private static bool IsWrong(string name, long count) =>
        count != 0 && (name.EndsWith("violations", StringComparison.Ordinal) || name == TablesLeaked);

    private static void WriteVerdict(Terminal terminal, string? failure, bool isGood)
    {
        if (failure is not null)
            terminal.Line($"a thread failed: {failure}", Ink.Bad, hang: 4);
        terminal.Line(isGood ? "no violation, no leak" : "NOT good", isGood ? Ink.Good : Ink.Bad);
    }

    private static void WriteCounts(
        Utf8JsonWriter json, StressOptions options, double seconds, IEnumerable<(string Name, long Value)> rows)
    {
        json.WriteString("platform", options.Platform.Name);
        json.WriteNumber("threads", options.Threads);
        json.WriteNumber("seed", options.Seed);
        json.WriteNumber("seconds", seconds);
        foreach ((string name, long value) in rows)
            json.WriteNumber(name.Replace(' ', '_').ToLowerInvariant(), value);
    }

    private static void WriteVerdict(Utf8JsonWriter json, string? failure, bool isGood)
    {
        json.WriteString("failure", failure);
        json.WriteBoolean("good", isGood);
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
        (TablesLeaked, result.TablesLeaked),
        ("memory peak", result.MemoryPeak),
        ("memory growth", result.MemoryGrowth),
    ];
}
