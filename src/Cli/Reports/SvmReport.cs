using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Cli.Traces.Processes;
using XePt.Diagnostics;
using XePt.Host;

namespace XePt.Cli.Reports;

/// <summary>Mirrors as a replay leaves them: ranges and notifiers of a VM, migrations and fault statistics of a device.</summary>
internal static class SvmReport
{
    /// <summary>Writes the ranges and notifiers of a VM.</summary>
    public static void Write(Terminal terminal, VmMirrors mirrors)
    {
        SvmState state = mirrors.State;
        terminal.Line();
        terminal.Line($"mirrors: {Count.Of(state.Ranges.Count, "range")}, {Count.Of(state.Notifiers.Count, "notifier")}", Ink.Mirror);
        if (state.Ranges.Count > 0)
        {
            terminal.Table(
                [Column.Number("range"), Column.Number("end"), Column.Number("size"), "binding", "tiles", "pages"],
                state.Ranges.Select((range, i) => RowOf(range, mirrors.Shares[i])));
        }

        if (state.Notifiers.Count > 0)
        {
            terminal.Table(
                [Column.Number("notifier"), Column.Number("end"), Column.Number("size"), Column.Number("ranges")],
                state.Notifiers.Select(notifier => (Cell[])
                [
                    Hex(notifier.Start), Hex(notifier.End), CallText.Bytes(notifier.End - notifier.Start), Number(notifier.Ranges),
                ]));
        }
    }

    /// <summary>Writes what migrated and what the GTs have counted, of each device where that is anything.</summary>
    public static void WriteDevices(Terminal terminal, IEnumerable<TraceDevice> devices)
    {
        foreach (TraceDevice device in devices.Where(IsAnything))
        {
            terminal.Line();
            CopyTally[] copies = [.. device.Copies.Tallies];
            string moved = copies.Length == 0 ? "none"
                : string.Join(", ", copies.Select(copy => $"{copy} ({Count.Of(copy.Copies, "copy", "copies")})"));
            terminal.Line($"{(device.Name is { } name ? $"device {name}: " : "")}migrations: {moved}", hang: 4);
            WriteStatistics(terminal, device.Device);
        }
    }

    /// <summary>Writes the devices.</summary>
    public static void WriteDevices(Utf8JsonWriter json, IEnumerable<TraceDevice> devices) =>
        json.WriteObjects("devices", devices, device =>
        {
            json.WriteString("device", device.Name);
            json.WriteObjects("migrations", device.Copies.Tallies, copy => WriteCopy(json, copy));
            json.WriteObjects("gts", Gts(device.Device), gt =>
            {
                json.WriteNumber("gt", gt);
                json.WriteStartObject("statistics");
                foreach (GtCounter counter in Enum.GetValues<GtCounter>().Where(counter => CountOf(device.Device, gt, counter) != 0))
                    json.WriteNumber(GtStatistics.Names[(int)counter], CountOf(device.Device, gt, counter));
                json.WriteEndObject();
            });
        });

    /// <summary>Writes what a record led to.</summary>
    public static void WriteEffects(Utf8JsonWriter json, SvmEffects effects)
    {
        json.WriteStartObject("svm");
        json.WriteNumber("faults", effects.Faults);
        json.WriteNumber("invalidations", effects.Invalidations);
        json.WriteObjects("migrations", effects.Copies, copy => WriteCopy(json, copy));
        json.WriteEndObject();
    }

    private static void WriteCopy(Utf8JsonWriter json, CopyTally copy)
    {
        json.WriteNumber("tile", copy.Tile);
        json.WriteString("direction", copy.Direction == CopyDirection.ToDevice ? "to" : "from");
        json.WriteNumber("copies", copy.Copies);
        json.WriteNumber("bytes", copy.Bytes);
    }

    private static Cell[] RowOf(in SvmRangeState range, MemoryShares shares) =>
    [
        Hex(range.Start),
        Hex(range.End),
        CallText.Bytes(range.End - range.Start),
        new(range.Binding, range.Bound != 0 ? Ink.Good : Ink.Warning),
        VmaText.TilesOf(range.Bound),
        range.IsGiven ? "as the trace named them" : shares.ToString(),
    ];

    private static void WriteStatistics(Terminal terminal, XeDevice device)
    {
        int[] gts = [.. Gts(device)];
        GtCounter[] counted = [.. Enum.GetValues<GtCounter>().Where(counter => gts.Any(gt => CountOf(device, gt, counter) != 0))];
        if (counted.Length == 0)
            return;
        terminal.Table(
            ["statistics", .. gts.Select(gt => Column.Number($"GT {gt}"))],
            counted.Select(counter => (Cell[])
                [GtStatistics.Names[(int)counter], .. gts.Select(gt => (Cell)Number(CountOf(device, gt, counter)))]));
    }

    private static bool IsAnything(TraceDevice device) => device.Copies.Tallies.Any() || Gts(device.Device).Any();

    /// <summary>The GTs that have counted something about faults or page reclaim: every unbind invalidates.</summary>
    private static IEnumerable<int> Gts(XeDevice device) => Enumerable.Range(0, device.Mirrors.Statistics.Length)
        .Where(gt => Enum.GetValues<GtCounter>().Any(
            counter => counter != GtCounter.TlbInvalCount && CountOf(device, gt, counter) != 0));

    private static long CountOf(XeDevice device, int gt, GtCounter counter) => device.GetGtStatistics(gt)[counter];

    private static string Hex(ulong address) => $"0x{address:x}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
