using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>End states as JSON: what <c>xept run --dump</c> writes.</summary>
internal static class StateJson
{
    /// <summary>Marks a dump, as the value of <c>xept</c>.</summary>
    public const string Marker = "dump";

    /// <summary>Version of the shape.</summary>
    public const int Version = 3;

    public static void Write(Utf8JsonWriter json, EndState state)
    {
        json.WriteStartObject();
        json.WriteString("xept", Marker);
        json.WriteNumber("version", Version);
        json.WriteString("platform", state.Platform.Name);
        json.WriteString("profile", ProfileNames.NameOf(state.Profile));
        json.WriteObjects("vms", state.Vms, vm => WriteFields(json, vm, (vm.Platform ?? state.Platform).FormatId));
        json.WriteEndObject();
    }

    /// <summary>Writes the field <c>vmas</c>, each with the pages that are mapped in it.</summary>
    public static void WriteVmas(Utf8JsonWriter json, IEnumerable<MappedVma> vmas) => json.WriteObjects("vmas", vmas, vma =>
    {
        WriteFields(json, vma.Vma);
        WritePages(json, "mapped", vma.Pages);
    });

    /// <summary>Writes the fields of a VMA into an object that the caller has begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, VmaState vma)
    {
        json.WriteHex("start", vma.Start);
        json.WriteHex("end", vma.End);
        json.WriteString("kind", vma.Kind);
        if (vma.Bo is not null)
            json.WriteString("bo", vma.Bo);
        json.WriteHex("offset", vma.Offset);
        json.WriteString("flags", vma.Flags);
        json.WriteNumber("pat_index", vma.PatIndex);
        json.WriteTexts("page_sizes", vma.PageSizes == VmaText.NoSizes ? [] : vma.PageSizes.Split('|'));
        json.WriteNumber("present", vma.Present);
        json.WriteNumber("invalidated", vma.Invalidated);
        if (vma.IsStale)
            json.WriteBoolean("stale", true);
        if (vma.Advice.Length > 0)
            json.WriteString("advice", vma.Advice);
    }

    /// <summary>Writes the pages of each size as a field.</summary>
    public static void WritePages(Utf8JsonWriter json, string name, IEnumerable<PageStatistics> pages) =>
        json.WriteObjects(name, pages, page =>
    {
        json.WriteNumber("tile", page.Tile);
        json.WriteString("size", page.Size);
        json.WriteNumber("pages", page.Pages);
        json.WriteNumber("bytes", page.Bytes);
    });

    /// <summary>Writes the field <c>tlb_flushes</c>.</summary>
    public static void WriteFlushes(Utf8JsonWriter json, FlushState flushes)
    {
        json.WriteStartObject("tlb_flushes");
        json.WriteNumber("binds", flushes.Requests);
        json.WriteNumber("zaps", flushes.Zaps);
        json.WriteNumber("seqno", flushes.Seqno);
        json.WriteEndObject();
    }

    /// <summary>Writes whose VM it is, where a trace has several clients.</summary>
    public static void WriteParties(Utf8JsonWriter json, VmState vm)
    {
        if (vm.Client is not null)
            json.WriteString("client", vm.Client);
        if (vm.Platform is not null)
            json.WriteString("platform", vm.Platform.Name);
    }

    private static void WriteFields(Utf8JsonWriter json, VmState vm, PteFormatId format)
    {
        json.WriteNumber("vm_id", vm.Id);
        WriteParties(json, vm);
        json.WriteString("mode", VmModeNames.NameOf(vm.Mode));
        json.WriteBoolean("scratch", vm.HasScratch);
        json.WriteObjects("vmas", vm.Vmas, vma => WriteFields(json, vma));
        json.WriteObjects("tables", vm.Tables, table => WriteFields(json, table, format));
        WriteFlushes(json, vm.Flushes);
        if (vm.Mirrors is { } mirrors)
            MirrorJson.Write(json, mirrors);
    }

    private static void WriteFields(Utf8JsonWriter json, TableState table, PteFormatId format)
    {
        json.WriteNumber("tile", table.Tile);
        json.WriteNumber("level", table.Level);
        json.WriteHex("va", table.Va);
        json.WriteBoolean("compact", table.IsCompact);
        json.WriteNumber("live", table.Live);
        json.WriteHex("address", table.Address);
        json.WriteObjects("entries", table.Entries, run =>
        {
            json.WriteNumber("index", run.Index);
            json.WriteNumber("count", run.Count);
            json.WriteHex("value", run.Value);
            json.WriteHex("stride", run.Stride);
            json.WriteBoolean("child", run.IsChild);
            json.WriteString("decoded", PteFormats.Decode(format, table.Level, table.IsCompact, run.Value).ToString());
        });
    }
}
