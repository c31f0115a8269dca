using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XePt.Bench.Contract;

/// <summary><c>contract [--json FILE] [--tool XEPT] [PART-OF-A-NAME...]</c>: measures the lines of the performance contract and prints
/// them; 1 when one is missed by more than its margin.</summary>
internal static class ContractCommand
{
    public static int Run(ReadOnlySpan<string> args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string? json = null, tool = null;
        var parts = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] is "--json" or "--tool" && i + 1 < args.Length)
                (json, tool) = args[i++] == "--json" ? (args[i], tool) : (json, args[i]);
            else
                parts.Add(args[i]);
        }

        Console.WriteLine($"{Machine.Date}, {Machine.Processor}, {Machine.Runtime}, {Machine.Commit}");
        Console.WriteLine($"{"",-8} {"goal",-18} {"min",8} {"p25",8} {"median",8} {"ns",10}  {"",-10} line");
        List<Result> results = [];
        foreach (ContractLine line in ContractLines.All(tool).Where(line => IsWanted(line, parts)))
        {
            var result = new Result(line, line.Measure());
            results.Add(result);
            Console.WriteLine(result.ToString());
        }

        if (json is not null)
            WriteJson(json, results);
        int missed = results.Count(result => result.IsMissed);
        Console.WriteLine(string.Join(", ", results.CountBy(result => result.Verdict).Select(group => $"{group.Value} {group.Key}")));
        return missed > 0 ? 1 : 0;
    }

    private static bool IsWanted(ContractLine line, List<string> parts) =>
        parts.Count == 0 || parts.Any(part => line.Category == part || line.Name.Contains(part, StringComparison.Ordinal));

    private static void WriteJson(string path, List<Result> results)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("date", Machine.Date);
        json.WriteString("processor", Machine.Processor);
        json.WriteString("runtime", Machine.Runtime);
        json.WriteString("commit", Machine.Commit);
        json.WriteStartArray("lines");
        foreach (Result result in results)
            result.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A line and what was measured.</summary>
    private readonly record struct Result(ContractLine Line, Reading? Reading)
    {
        public bool IsMissed => Reading is { } reading && Line.Goal.IsMissedBy(reading.P25, Line.Margin);

        /// <summary>Met; at the floor that stands in the way of the goal; beyond what is accepted, but within the margin of noise; missed;
        /// not measured.</summary>
        public string Verdict => Reading is not { } reading ? "unmeasured"
            : Line.Goal.IsMetBy(reading.P25) ? "met"
            : IsMissed ? "MISSED"
            : Line.Goal.Floor is not null ? "floor" : "margin";

        public override string ToString() => Reading is { } reading
            ? $"{Line.Category,-8} {Line.Goal,-18} {reading.Min,8:F3} {reading.P25,8:F3} {reading.Median,8:F3} "
                + $"{reading.CandidateNs,10:F1}  {Verdict,-10} {Line.Name}"
            : $"{Line.Category,-8} {Line.Goal,-18} {"",8} {"",8} {"",8} {"",10}  {Verdict,-10} {Line.Name}";

        public void WriteTo(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("category", Line.Category);
            json.WriteString("name", Line.Name);
            json.WriteNumber("goal", Line.Goal.Value);
            json.WriteBoolean("isLeast", Line.Goal.IsLeast);
            if (Line.Goal.Floor is { } floor)
                json.WriteNumber("floor", floor);
            json.WriteNumber("margin", Line.Margin);
            if (Reading is { } reading)
            {
                json.WriteNumber("min", reading.Min);
                json.WriteNumber("p25", reading.P25);
                json.WriteNumber("median", reading.Median);
                json.WriteNumber("candidateNs", reading.CandidateNs);
                json.WriteNumber("referenceNs", reading.ReferenceNs);
            }

            json.WriteString("verdict", Verdict);
            json.WriteEndObject();
        }
    }

    /// <summary>What the figures are of.</summary>
    private static class Machine
    {
        public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        public static string Processor => File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?
                .Split(':')[1].Trim() ?? "processor unknown"
            : "processor unknown";

        public static string Runtime =>
            $".NET {Environment.Version}{(RuntimeFeature.IsDynamicCodeSupported ? "" : ", ahead of time")}";

        /// <summary>As the build noted it.</summary>
        public static string Commit =>
            typeof(XeDevice).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "commit unknown";
    }
}
