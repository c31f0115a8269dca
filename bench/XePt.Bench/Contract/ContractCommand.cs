using System.Globalization;
using System.Text.Json;

namespace XePt.Bench.Contract;

/// <summary><c>contract [--json FILE] [--markdown FILE] [--tool XEPT] [--margin SHARE] [PART-OF-A-NAME...]</c>: measures the lines of the
/// performance contract and prints them; 1 when one is missed by more than its margin. The margin given is the least of all lines but those
/// that count something: 1 is twice what is accepted, for machines that others use, too.</summary>
internal static class ContractCommand
{
    public static int Run(ReadOnlySpan<string> args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var options = new Dictionary<string, string> { ["--json"] = "", ["--markdown"] = "", ["--tool"] = "", ["--margin"] = "0" };
        var parts = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            if (options.ContainsKey(args[i]) && i + 1 < args.Length)
                options[args[i++]] = args[i];
            else
                parts.Add(args[i]);
        }

        Console.WriteLine(Machine.Text);
        Console.WriteLine(LineResult.Head);
        List<LineResult> results = [];
        double margin = double.Parse(options["--margin"], CultureInfo.InvariantCulture);
        foreach (ContractLine line in ContractLines.All(options["--tool"]).Where(line => IsWanted(line, parts)))
        {
            var result = new LineResult(line.Widened(margin), line.Measure());
            results.Add(result);
            Console.WriteLine(result.ToString());
        }

        if (options["--json"] is { Length: > 0 } json)
            WriteJson(json, results);
        if (options["--markdown"] is { Length: > 0 } markdown)
            WriteMarkdown(markdown, results);
        Console.WriteLine(string.Join(", ", results.CountBy(result => result.Verdict).Select(group => $"{group.Value} {group.Key}")));
        return results.Exists(result => result.IsMissed) ? 1 : 0;
    }

    private static bool IsWanted(ContractLine line, List<string> parts) =>
        parts.Count == 0 || parts.Exists(part => line.Category == part || line.Name.Contains(part, StringComparison.Ordinal));

    private static void WriteJson(string path, List<LineResult> results)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("date", Machine.Date);
        json.WriteString("processor", Machine.Processor);
        json.WriteString("runtime", Machine.Runtime);
        json.WriteString("version", Machine.Version);
        json.WriteStartArray("lines");
        foreach (LineResult result in results)
            result.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMarkdown(string path, List<LineResult> results) => File.WriteAllLines(path,
    [
        Machine.Text,
        "",
        "| | line | goal | min | p25 | median | |",
        "|---|---|---|---|---|---|---|",
        .. results.Select(result => result.ToMarkdown()),
    ]);
}
