using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.State;

/// <summary>Reads the dumps that <see cref="StateJson"/> writes.</summary>
internal static class StateReader
{
    private const int MaxEntries = 512;

    /// <summary>Reads a dump from its parsed JSON.</summary>
    public static EndState Read(JsonElement json)
    {
        var fields = new JsonFields(json, "dump");
        if (fields.TakeText("xept") != StateJson.Marker)
            throw new MalformedRecordException("neither a trace nor a dump of xept run --dump");
        if (fields.Take("version").ToUInt64("version") is var version && version != StateJson.Version)
            throw new MalformedRecordException($"dump version {version} is unknown; this tool reads version {StateJson.Version}");

        PlatformInfo platform = PlatformNames.Parse(fields.Take("platform").ToText("platform"));
        XeProfile profile = ProfileNames.Parse(fields.Take("profile").ToText("profile"));
        VmState[] vms = ReadEach(fields.Take("vms"), "vms", ReadVm, vm => (vm.Client, vm.Id));
        fields.End();
        return new EndState(platform, profile, vms);
    }

    /// <summary>Reads a list in which no two elements have the same key.</summary>
    internal static T[] ReadEach<T, TKey>(JsonElement json, string what, Func<JsonElement, T> read, Func<T, TKey> keyOf)
    {
        T[] list = [.. json.ToArray(what).Select(read)];
        return list.DistinctBy(keyOf).Count() == list.Length ? list : throw new MalformedRecordException($"'{what}': one is there twice");
    }

    private static VmState ReadVm(JsonElement json)
    {
        var fields = new JsonFields(json, "vm");
        var vm = new VmState(
            (uint)fields.Take("vm_id").ToField("vm_id", sizeof(uint)),
            VmModeNames.Parse(fields.Take("mode").ToText("mode")),
            fields.TakeBool("scratch"),
            ReadEach(fields.Take("vmas"), "vmas", ReadVma, vma => vma.Start),
            ReadEach(fields.Take("tables"), "tables", ReadTable, table => (table.Tile, table.Level, table.Va)),
            ReadFlushes(fields.Take("tlb_flushes")))
        {
            Client = fields.TakeText("client"),
            Platform = fields.TakeText("platform") is { } platform ? PlatformNames.Parse(platform) : null,
            Mirrors = fields.TryTake("mirrors", out JsonElement mirrors) ? MirrorJson.Read(mirrors) : null,
        };
        fields.End();
        return vm;
    }

    private static VmaState ReadVma(JsonElement json)
    {
        var fields = new JsonFields(json, "vma");
        var vma = new VmaState(
            fields.Take("start").ToUInt64("start"),
            fields.Take("end").ToUInt64("end"),
            fields.Take("kind").ToText("kind"),
            fields.TakeText("bo"),
            fields.Take("offset").ToUInt64("offset"),
            fields.Take("flags").ToText("flags"),
            fields.Take("pat_index").ToInt32("pat_index"),
            ReadSizes(fields.Take("page_sizes")),
            fields.Take("present").ToInt32("present"),
            fields.Take("invalidated").ToInt32("invalidated"))
        {
            IsStale = fields.TryTake("stale", out JsonElement stale) && stale.ToBool("stale"),
            Advice = fields.TakeText("advice") ?? "",
        };
        fields.End();
        return vma;
    }

    private static string ReadSizes(JsonElement json)
    {
        JsonElement[] sizes = json.ToArray("page_sizes");
        return sizes.Length == 0 ? VmaText.NoSizes : string.Join('|', sizes.Select(size => size.ToText("page_sizes")));
    }

    private static TableState ReadTable(JsonElement json)
    {
        var fields = new JsonFields(json, "table");
        var table = new TableState(
            fields.Take("tile").ToInt32("tile"),
            fields.Take("level").ToInt32("level", max: 4),
            fields.Take("va").ToUInt64("va"),
            fields.TakeBool("compact"),
            fields.Take("live").ToInt32("live"),
            fields.Take("address").ToUInt64("address"),
            [.. fields.Take("entries").ToArray("entries").Select(ReadEntries)]);
        fields.End();
        return table;
    }

    private static EntryRun ReadEntries(JsonElement json)
    {
        var fields = new JsonFields(json, "entry");
        fields.TakeText("decoded");
        int index = fields.Take("index").ToInt32("index", MaxEntries - 1);
        var run = new EntryRun(
            index,
            fields.Take("count").ToInt32("count", MaxEntries - index),
            fields.Take("value").ToUInt64("value"),
            fields.Take("stride").ToUInt64("stride"),
            fields.TakeBool("child"));
        fields.End();
        return run;
    }

    private static FlushState ReadFlushes(JsonElement json)
    {
        var fields = new JsonFields(json, "tlb_flushes");
        var flushes = new FlushState(
            fields.Take("binds").ToInt32("binds"), fields.Take("zaps").ToInt32("zaps"), fields.Take("seqno").ToUInt64("seqno"));
        fields.End();
        return flushes;
    }
}
