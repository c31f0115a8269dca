using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Drawing;
using XePt.Cli.State;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Devices;

namespace XePt.Cli.Reports;

/// <summary>A VM as a replay leaves it: VMAs, page tables, TLB flushes.</summary>
internal static class VmReport
{
    /// <summary>Says that there is nothing to show, and how to see what was before.</summary>
    public const string NoneLeft = $"no VM is left at the end{Replay.EarlierState}";

    /// <summary>Bars and lines of trees that a VM gets among others.</summary>
    private const int MostDrawn = 16;

    public static void Write(Terminal terminal, VmState vm, PlatformInfo platform)
    {
        MappedVm mapped = MappedVm.Of(vm, platform);
        terminal.Line(
            $"vm {vm.Name}: {VmModeNames.NameOf(vm.Mode)} mode{(vm.HasScratch ? ", scratch pages" : "")}, digest {StateDigest.Of(vm)}",
            Ink.Heading);
        VmaReport.Write(terminal, mapped.Vmas);
        if (vm.Mirrors is { } mirrors)
            SvmReport.Write(terminal, mirrors);
        terminal.Line();
        WriteDrawings(terminal, mapped, MostDrawn);
        terminal.Line();
        WriteTables(terminal, TableStatistics.Of(vm, platform), platform.TileCount);
        terminal.Line(
            $"TLB flushes: {vm.Flushes.Requests} by binds (one per GT), {vm.Flushes.Zaps} by zaps (one per VMA or range), "
            + $"{vm.Flushes.Seqno} left to the next batch", hang: 4);
    }

    /// <summary>Draws the address space and the page tables, with a legend.</summary>
    /// <param name="most">Bars and lines of trees there may be for each tile.</param>
    public static void WriteDrawings(Terminal terminal, MappedVm vm, int most)
    {
        var legend = new Legend();
        AddressSpaceDrawing.Write(terminal, vm, legend, most);
        terminal.Line();
        TableTreeDrawing.Write(terminal, vm, legend, most);
        legend.Write(terminal, vm.State.HasScratch);
    }

    /// <summary>Writes the fields of a VM into an object that the caller has begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, VmState vm, PlatformInfo platform)
    {
        json.WriteNumber("vm_id", vm.Id);
        StateJson.WriteParties(json, vm);
        json.WriteString("mode", VmModeNames.NameOf(vm.Mode));
        json.WriteBoolean("scratch", vm.HasScratch);
        json.WriteString("digest", StateDigest.Of(vm));
        StateJson.WriteVmas(json, MappedVm.Of(vm, platform).Vmas);
        WriteTables(json, TableStatistics.Of(vm, platform));
        StateJson.WriteFlushes(json, vm.Flushes);
        if (vm.Mirrors is { } mirrors)
            MirrorJson.Write(json, mirrors);
    }

    private static void WriteTables(Terminal terminal, TableStatistics tables, int tiles)
    {
        string place = tiles > 1 ? $" on {tiles} tiles" : "";
        terminal.Line($"{Count.Of(tables.Tables, "page table")}{place}, {CallText.Bytes(tables.Bytes)}");
        WriteTable(
            terminal, tiles, [Column.Number("level"), Column.Number("tables"), Column.Number("compact"), Column.Number("used entries")],
            tables.Levels, level => level.Tile,
            level => [Number(level.Level), Number(level.Tables), Number(level.CompactTables), Number(level.Entries)]);
        if (tables.Pages.Count > 0)
        {
            WriteTable(
                terminal, tiles, ["page size", Column.Number("pages"), Column.Number("mapped")], tables.Pages, page => page.Tile,
                page => [page.Size, Number(page.Pages), CallText.Bytes(page.Bytes)]);
        }
    }

    /// <summary>Writes rows of tiles, which where there are several have a column that names the tile.</summary>
    private static void WriteTable<T>(
        Terminal terminal, int tiles, Column[] columns, IEnumerable<T> rows, Func<T, int> tileOf, Func<T, Cell[]> cellsOf)
    {
        if (tiles > 1)
            terminal.Table([Column.Number("tile"), .. columns], rows.Select(row => (Cell[])[Number(tileOf(row)), .. cellsOf(row)]));
        else
            terminal.Table(columns, rows.Select(cellsOf));
    }

    private static void WriteTables(Utf8JsonWriter json, TableStatistics tables)
    {
        json.WriteStartObject("tables");
        json.WriteNumber("count", tables.Tables);
        json.WriteNumber("bytes", tables.Bytes);
        json.WriteObjects("levels", tables.Levels, level =>
        {
            json.WriteNumber("tile", level.Tile);
            json.WriteNumber("level", level.Level);
            json.WriteNumber("tables", level.Tables);
            json.WriteNumber("compact_tables", level.CompactTables);
            json.WriteNumber("entries", level.Entries);
        });
        StateJson.WritePages(json, "pages", tables.Pages);
        json.WriteEndObject();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
