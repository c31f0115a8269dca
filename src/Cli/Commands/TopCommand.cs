using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Profile;
using XePt.Diagnostics;

namespace XePt.Cli.Commands;

/// <summary><c>xept top</c>: live counters of the devices of another process.</summary>
internal static class TopCommand
{
    private const int JsonVersion = 1;
    private const string Clear = "\e[H\e[J";

    private static readonly VerbHelp Help = new(
        "the counters were shown, or the processes were listed",
        null,
        new("top", "List the .NET processes that can be looked into."),
        new("top 4711", "Show the counters of a process every second, until it ends or Ctrl+C."),
        new("top 4711 --count 1 --json", "Read them once."))
    {
        Colours = [],
    };

    public static Command Create()
    {
        Argument<int?> process = CommonOptions.OptionalCount(
            "PID", "Id of a process that uses the engine; without it the processes that can be looked into are listed.", min: 1);
        Option<int?> interval = CommonOptions.Count("--interval", "SECONDS", "Seconds between two readings; 1 without it.", min: 1);
        Option<int?> count = CommonOptions.Count("--count", "N", "End after so many readings.", min: 1);
        Option<bool> json = CommonOptions.Json();
        var command = new Verb("top", "Show the counters of the devices of another process, as they change.", Help)
        {
            process, interval, count, json,
        };
        command.SetAction(parse =>
        {
            if (Invocation.Of(parse) is var invocation && invocation.Events is not { } events)
                return Companion.Run(invocation);
            Terminal terminal = Terminal.Of(parse);
            if (parse.GetValue(process) is { } id)
                Watch(events, terminal, id, parse.GetValue(interval) ?? 1, parse.GetValue(count), parse.GetValue(json));
            else if (parse.GetValue(json))
                terminal.Json("top", JsonVersion, writer => WriteProcesses(writer, events));
            else
                terminal.Table([Column.Number("pid"), "process"], events.Processes.Select(
                    found => new Cell[] { found.Id.ToString(CultureInfo.InvariantCulture), found.Name }));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Watch(IEventReader events, Terminal terminal, int process, int interval, int? count, bool asJson)
    {
        int readings = 0;
        try
        {
            events.Watch(process, EngineMeters.MeterName, interval, values =>
            {
                Show(terminal, values, asJson, isFirst: readings == 0);
                return ++readings != count;
            });
        }
        catch (SessionException e)
        {
            throw new InputException(process.ToString(CultureInfo.InvariantCulture), 0, e.Message);
        }
    }

    private static void Show(Terminal terminal, IReadOnlyList<MeterValue> values, bool asJson, bool isFirst)
    {
        MeterValue[] shown = [.. values.Where(value => value.Value != 0)
            .OrderBy(value => value.Tags, StringComparer.Ordinal).ThenBy(value => value.Name, StringComparer.Ordinal)];
        if (asJson)
        {
            terminal.Json("top", JsonVersion, json => WriteCounters(json, shown));
            return;
        }

        if (terminal.Screen.HasColor)
            terminal.Out.Write(Clear);
        else if (!isFirst)
            terminal.Line();
        if (shown.Length == 0)
            terminal.Line("no device has counted anything");
        else
            terminal.Table(["of", "counter", Column.Number("value"), Column.Number("more")], shown.Select(value => new Cell[]
            {
                value.Tags.Replace(',', ' '), value.Name, Number(value.Value), Number(value.Rate),
            }));
    }

    private static void WriteCounters(Utf8JsonWriter json, MeterValue[] values) => json.WriteObjects("counters", values, value =>
    {
        json.WriteString("name", value.Name);
        json.WriteString("of", value.Tags);
        json.WriteNumber("value", value.Value);
        json.WriteNumber("more", value.Rate);
    });

    private static void WriteProcesses(Utf8JsonWriter json, IEventReader events) =>
        json.WriteObjects("processes", events.Processes, process =>
        {
            json.WriteNumber("pid", process.Id);
            json.WriteString("name", process.Name);
        });

    private static string Number(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
