using System.Globalization;
using System.Text.Json;

namespace XePt.Bench.Contract;

/// <summary>
/// <c>contract [--json FILE] [--markdown FILE] [--tool XEPT] [--margin SHARE] [--allow-unmeasured] [--here] [--list]
/// [PART-OF-A-NAME...]</c>: measures the lines of the performance contract and prints them; 1 when one is missed by more than its
/// margin, or cannot be measured and that was not allowed; 2 when it was not understood. The margin given is the least of all lines but
/// those that count something: 1 is twice what is accepted, for machines that others use, too.
/// </summary>
internal static class ContractCommand
{
    public static int Run(ReadOnlySpan<string> args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (ContractOptions.Parse(args, out string complaint) is not { } options)
            return Refuse(complaint);
        ContractLine[] all = [.. ContractLines.All(options.Tool)];
        if (options.Parts.Find(part => !Array.Exists(all, line => IsMeant(line, part))) is { } nothing)
            return Refuse($"no line is of category {nothing} or has it in its name");
        ContractLine[] wanted = [.. all.Where(line => options.Parts.Count == 0 || options.Parts.Exists(part => IsMeant(line, part)))];
        if (!options.IsList)
            return Measure(wanted, options);
        foreach (ContractLine line in wanted)
            Console.WriteLine($"{line.Category}: {line.Name}");
        return 0;
    }

    private static int Measure(ContractLine[] lines, ContractOptions options)
    {
        Console.WriteLine(Machine.Text);
        Console.WriteLine(LineResult.Head);
        List<LineResult> results = [];
        TimeBudget.Begin(lines.Length);
        foreach (ContractLine line in lines)
        {
            TimeBudget.BeginLine();
            var result = new LineResult(line.Widened(options.Margin), line.Elsewhere is null ? ReadingOf(line, options) : null);
            results.Add(result);
            Console.WriteLine(result.ToString());
        }

        if (options.Json.Length > 0)
            WriteJson(options.Json, results);
        if (options.Markdown.Length > 0)
            WriteMarkdown(options.Markdown, results);
        string verdicts = string.Join(", ", results.CountBy(result => result.Verdict).Select(group => $"{group.Value} {group.Key}"));
        Console.WriteLine($"{verdicts}, in {Duration()} minutes");
        return results.Exists(result => result.IsMissed || (result.IsUnmeasured && !options.AllowsUnmeasured)) ? 1 : 0;
    }

    private static Reading? ReadingOf(ContractLine line, ContractOptions options) =>
        line.IsAlone && !options.IsHere ? OwnProcesses.Measure(line.Name) : line.Measure();

    private static bool IsMeant(ContractLine line, string part) =>
        line.Category == part || line.Name.Contains(part, StringComparison.Ordinal);

    private static string Duration() => TimeBudget.Elapsed.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    private static int Refuse(string complaint)
    {
        Console.Error.WriteLine(complaint);
        Console.Error.WriteLine(
            "contract [--json FILE] [--markdown FILE] [--tool XEPT] [--margin SHARE] [--allow-unmeasured] [--here] [--list] "
            + "[PART-OF-A-NAME...]");
        return 2;
    }

    private static void WriteJson(string path, List<LineResult> results)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("date", Machine.Date);
        json.WriteString("processor", Machine.Processor);
        json.WriteString("runtime", Machine.Runtime);
        json.WriteString("version", Machine.Version);
        json.WriteNumber("seconds", Math.Round(TimeBudget.Elapsed.TotalSeconds));
        json.WriteStartArray("lines");
        foreach (LineResult result in results)
            result.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMarkdown(string path, List<LineResult> results) => File.WriteAllLines(path,
    [
        $"{Machine.Text}, in {Duration()} minutes",
        "",
        "| | line | goal | margin | min | p25 | median | |",
        "|---|---|---|---|---|---|---|---|",
        .. results.Select(result => result.ToMarkdown()),
    ]);
}
