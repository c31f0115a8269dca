using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Traces;

namespace XePt.Cli.Reports;

/// <summary>The fence timeline: for each fence of a bind or a job and each one that the client signals, at which record it came and what
/// became of it.</summary>
internal static class FenceReport
{
    public static void Write(Terminal terminal, IReadOnlyList<FenceMoment> moments)
    {
        if (moments.Count == 0)
            return;

        terminal.Line();
        terminal.Line("fence timeline (line of the trace @ time in ns)");
        int width = moments.Max(moment => moment.Label.Length);
        foreach (IGrouping<(Fence Fence, string Label), FenceMoment> fence in moments.GroupBy(moment => (moment.Fence, moment.Label)))
        {
            string tile = fence.First().Work is { } work ? $"tile {work.Tile}" : "client";
            string steps = string.Join(", ", fence.Select(moment => TextFlow.Whole($"{moment.Event} {moment.Line}@{moment.Time}")));
            Fence key = fence.Key.Fence;
            string end = key.IsSignalled ? key.Error == Uapi.Errno.Ok ? "" : $" [{ErrnoText.Of(key.Error)}]" : " [still pending]";
            terminal.Line($"  {fence.Key.Label.PadRight(width)}  {tile}  {steps}{end}", hang: 6);
        }
    }

    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<FenceMoment> moments) => json.WriteObjects("fences", moments, moment =>
    {
        json.WriteNumber("line", moment.Line);
        json.WriteNumber("time", moment.Time);
        json.WriteString("event", moment.Event);
        json.WriteString("fence", moment.Label);
        if (moment.Work is { } work)
        {
            json.WriteNumber("vm", work.Vm);
            json.WriteNumber("tile", work.Tile);
            json.WriteNumber("queue", work.Queue);
            json.WriteString("queue_name", moment.QueueName);
        }

        json.WriteBoolean("client", moment.Work is null);
        json.WriteBoolean("signalled", moment.Fence.IsSignalled);
        json.WriteErrno(moment.Fence.IsSignalled ? moment.Fence.Error : Uapi.Errno.Ok);
    });
}
