using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Traces;

namespace XePt.Cli.Reports;

/// <summary>The fence timeline: for each fence of a bind or a job, at which record it was submitted and what became of it.</summary>
internal static class FenceReport
{
    public static void Write(Terminal terminal, IReadOnlyList<FenceMoment> moments)
    {
        if (moments.Count == 0)
            return;

        terminal.Line();
        terminal.Line("fence timeline (line of the trace @ time in ns)");
        int width = moments.Max(moment => moment.What.Fence.ToString().Length);
        foreach (IGrouping<Fence, FenceMoment> fence in moments.GroupBy(moment => moment.What.Fence))
        {
            FenceEvent first = fence.First().What;
            string steps = string.Join(", ", fence.Select(moment => $"{Word(moment.What.Kind)} {moment.Line}@{moment.Time}"));
            string end = fence.Key.IsSignalled ? fence.Key.Error == Uapi.Errno.Ok ? "" : $" [{fence.Key.Error}]" : " [still pending]";
            terminal.Line($"  {fence.Key.ToString().PadRight(width)}  tile {first.Tile}  {steps}{end}");
        }
    }

    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<FenceMoment> moments) => json.WriteObjects("fences", moments, moment =>
    {
        json.WriteNumber("line", moment.Line);
        json.WriteNumber("time", moment.Time);
        json.WriteString("event", Word(moment.What.Kind));
        json.WriteString("fence", moment.What.Fence.ToString());
        json.WriteNumber("vm", moment.What.Vm);
        json.WriteNumber("tile", moment.What.Tile);
        json.WriteBoolean("signalled", moment.What.Fence.IsSignalled);
    });

    private static string Word(FenceEventKind kind) => kind switch
    {
        FenceEventKind.UserFence => "user fence written",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
