using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;

namespace XePt.Cli.Profile;

/// <summary>Shows where the time of a replay went.</summary>
internal static class BreakdownReport
{
    private const double NsPerUs = 1000;

    public static void Write(Terminal terminal, StageBreakdown breakdown)
    {
        terminal.Table(
            ["what", Column.Number("count"), Column.Number("total us"), Column.Number("own us"), Column.Number("mean us"),
                Column.Number("longest us"), Column.Number("own share")],
            breakdown.Stages.Select(stage => new Cell[]
            {
                stage.Name, stage.Count.ToString("N0", CultureInfo.InvariantCulture), Us(stage.TotalNs), Us(stage.OwnNs),
                Us(stage.TotalNs / stage.Count), Us(stage.LongestNs), Share(breakdown, stage),
            }));
        WriteEvents(terminal, breakdown);
        if (breakdown.Lost == 0)
            return;
        string lost = breakdown.Lost.ToString("N0", CultureInfo.InvariantCulture);
        terminal.Remark($"{lost} events came too fast and are lost: counts and totals are lower bounds");
    }

    private static void WriteEvents(Terminal terminal, StageBreakdown breakdown)
    {
        if (breakdown.Events.Count == 0)
            return;
        terminal.Line();
        terminal.Table(["event", Column.Number("count")], breakdown.Events.Select(
            counted => new Cell[] { counted.Name, counted.Count.ToString("N0", CultureInfo.InvariantCulture) }));
    }

    public static void WriteFields(Utf8JsonWriter json, StageBreakdown breakdown)
    {
        json.WriteObjects("stages", breakdown.Stages, stage =>
        {
            json.WriteString("name", stage.Name);
            json.WriteNumber("count", stage.Count);
            json.WriteNumber("total_ns", stage.TotalNs);
            json.WriteNumber("own_ns", stage.OwnNs);
            json.WriteNumber("longest_ns", stage.LongestNs);
        });
        json.WriteObjects("events", breakdown.Events, counted =>
        {
            json.WriteString("name", counted.Name);
            json.WriteNumber("count", counted.Count);
        });
        json.WriteNumber("lost_events", breakdown.Lost);
    }

    private static string Us(long ns) => (ns / NsPerUs).ToString("N1", CultureInfo.InvariantCulture);

    private static string Share(StageBreakdown breakdown, StageTime stage)
    {
        long all = breakdown.Stages.Sum(other => other.OwnNs);
        return all == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * stage.OwnNs / all:0.0} %");
    }
}
