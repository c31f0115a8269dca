using System.Globalization;
using System.Text.Json;

namespace XePt.Bench.Contract;

/// <summary>A line and what was measured.</summary>
internal readonly record struct LineResult(ContractLine Line, Reading? Reading)
{
    public bool IsMissed => Reading is { } reading && Goal.IsMissedBy(reading.P25, Line.Margin);

    /// <summary>It could not be measured here, and nothing else holds it.</summary>
    public bool IsUnmeasured => Reading is null && Line.Elsewhere is null;

    /// <summary>What <see cref="Contract.Goal.VerdictOn"/> says; or that it was not measured, or is by something else.</summary>
    public string Verdict => Reading is { } reading ? Goal.VerdictOn(reading.P25, Line.Margin) : IsUnmeasured ? "unmeasured" : "elsewhere";

    /// <summary>What is asked, with the floor that was measured.</summary>
    private Goal Goal => Reading is { } reading ? Line.Goal.After(reading) : Line.Goal;

    private string Why => Line.Elsewhere is { } why ? $": {why}" : "";

    /// <summary>For example <c>10 %</c>; nothing where noise is no excuse.</summary>
    private string Margin => Line.Margin > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Line.Margin * 100:0.#} %") : "";

    public static string Head => $"{"",-8} {"goal",-18} {"margin",6} {"min",8} {"p25",8} {"median",8} {"ns",10}  {"",-10} line";

    public override string ToString() => Reading is { } reading
        ? $"{Line.Category,-8} {Goal,-18} {Margin,6} {reading.Min,8:F3} {reading.P25,8:F3} {reading.Median,8:F3} "
            + $"{reading.CandidateNs,10:F1}  {Verdict,-10} {Line.Name}"
        : $"{Line.Category,-8} {Goal,-18} {Margin,6} {"",8} {"",8} {"",8} {"",10}  {Verdict,-10} {Line.Name}{Why}";

    /// <summary>A row of a table.</summary>
    public string ToMarkdown() => Reading is { } reading
        ? $"| {Line.Category} | {Line.Name} | {Goal} | {Margin} "
            + $"| {reading.Min:F2} | **{reading.P25:F2}** | {reading.Median:F2} | {Verdict} |"
        : $"| {Line.Category} | {Line.Name} | {Goal} | {Margin} | | | | {Verdict}{Why} |";

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("category", Line.Category);
        json.WriteString("name", Line.Name);
        json.WriteNumber("goal", Goal.Value);
        json.WriteBoolean("isLeast", Goal.IsLeast);
        if (Goal.Floor is { } floor)
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
        if (Line.Elsewhere is { } elsewhere)
            json.WriteString("elsewhere", elsewhere);
        json.WriteEndObject();
    }
}
