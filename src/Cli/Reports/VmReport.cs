using System.Globalization;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Devices;

namespace XePt.Cli.Reports;

/// <summary>A VM as a replay leaves it: VMAs, page tables, TLB flushes.</summary>
internal static class VmReport
{
    public static void Write(Terminal terminal, VmState vm, PlatformInfo platform)
    {
        terminal.Line(
            $"vm {vm.Id}: {VmModeNames.NameOf(vm.Mode)} mode{(vm.HasScratch ? ", scratch pages" : "")}, digest {StateDigest.Of(vm)}");
        VmaReport.Write(terminal, vm.Vmas, [.. vm.Vmas.Select(vma => vma.Pages)]);
        terminal.Line();
        WriteTables(terminal, TableStatistics.Of(vm, platform));
        terminal.Line($"TLB flushes: {vm.Flushes.Requests} by binds, {vm.Flushes.Zaps} by zaps, {vm.Flushes.Seqno} left to the next batch");
    }

    /// <summary>Writes the fields of a VM into an object that the caller has begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, VmState vm, PlatformInfo platform)
    {
        json.WriteNumber("vm_id", vm.Id);
        json.WriteString("mode", VmModeNames.NameOf(vm.Mode));
        json.WriteBoolean("scratch", vm.HasScratch);
        json.WriteString("digest", StateDigest.Of(vm));
        StateJson.WriteVmas(json, vm.Vmas);
        WriteTables(json, TableStatistics.Of(vm, platform));
        StateJson.WriteFlushes(json, vm.Flushes);
    }

    private static void WriteTables(Terminal terminal, TableStatistics tables)
    {
        terminal.Line($"{Count.Of(tables.Tables, "page table")}, {CallText.Bytes(tables.Bytes)}");
        terminal.Table([Column.Number("level"), Column.Number("tables"), Column.Number("compact"), Column.Number("used entries")],
            tables.Levels.Select(level => new Cell[]
        {
            Number(level.Level), Number(level.Tables), Number(level.CompactTables), Number(level.Entries),
        }));
        if (tables.Pages.Count > 0)
        {
            terminal.Table(["page size", Column.Number("pages"), Column.Number("mapped")], tables.Pages.Select(page => new Cell[]
            {
                page.Size, Number(page.Pages), CallText.Bytes(page.Bytes),
            }));
        }
    }

    private static void WriteTables(Utf8JsonWriter json, TableStatistics tables)
    {
        json.WriteStartObject("tables");
        json.WriteNumber("count", tables.Tables);
        json.WriteNumber("bytes", tables.Bytes);
        json.WriteObjects("levels", tables.Levels, level =>
        {
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
