using System.Globalization;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Queries and their answers in a few words.</summary>
internal static class QueryText
{
    /// <summary>Name of a query, or its number.</summary>
    public static string NameOf(DeviceQueryId query) => CallText.Of(query);

    /// <summary>What an answer says.</summary>
    public static string Of(DeviceQueryId query, ReadOnlySpan<byte> answer)
    {
        StructField fields = QueryFields.Of(query, answer);
        return query switch
        {
            DeviceQueryId.Config => Config((ListField)fields.Find("info")!),
            DeviceQueryId.Engines => Engines((ListField)fields.Find("engines")!),
            DeviceQueryId.MemRegions => Join(fields, "mem_regions", Region),
            DeviceQueryId.GtList => Join(fields, "gt_list", Gt),
            DeviceQueryId.GtTopology => Topology((ListField)fields.Find("masks")!),
            DeviceQueryId.EngineCycles =>
                $"{Number(fields, "engine_cycles")} of {Number(fields, "width")} bits at {Number(fields, "cpu_timestamp")} ns",
            DeviceQueryId.UcFwVersion =>
                $"{CallText.Of((MicrocontrollerType)Number(fields, "uc_type"))} {Number(fields, "major_ver")}." +
                $"{Number(fields, "minor_ver")}.{Number(fields, "patch_ver")}",
            _ => $"{answer.Length} bytes",
        };
    }

    private static string Config(ListField info)
    {
        ulong device = Number(info.Items[0]);
        return $"device 0x{device & 0xffff:x} revision 0x{device >> 16:x}, {CallText.Of((ConfigFlags)Number(info.Items[1]))}, " +
            $"alignment {CallText.Bytes(Number(info.Items[2]))}, {Number(info.Items[3])} bits of VA, " +
            $"priority up to {Number(info.Items[4])}";
    }

    private static string Engines(ListField engines)
    {
        IEnumerable<string> classes = engines.Items
            .Select(engine => (StructField)((StructField)engine).Find("instance")!)
            .GroupBy(instance => (Gt: Number(instance, "gt_id"), Class: (EngineClass)Number(instance, "engine_class")))
            .Select(group => $"{group.Count()} {CallText.Of(group.Key.Class)} on GT {group.Key.Gt}");
        return string.Join(", ", classes);
    }

    private static string Region(StructField region) =>
        $"region {Number(region, "instance")} {CallText.Of((MemoryClass)Number(region, "mem_class"))} " +
        $"{CallText.Bytes(Number(region, "total_size"))}, {CallText.Bytes(Number(region, "used"))} used";

    private static string Gt(StructField gt)
    {
        string version = Number(gt, "ip_ver_major") == 0
            ? "" : string.Create(CultureInfo.InvariantCulture, $" {Number(gt, "ip_ver_major")}.{Number(gt, "ip_ver_minor"):00}");
        return $"GT {Number(gt, "gt_id")} {CallText.Of((GtType)Number(gt, "type"))}{version} on tile {Number(gt, "tile_id")}";
    }

    private static string Topology(ListField masks)
    {
        IEnumerable<string> gts = masks.Items.Cast<StructField>().GroupBy(mask => Number(mask, "gt_id")).Select(gt =>
            $"GT {gt.Key}: {string.Join(", ", gt.Select(mask =>
                $"{UInt128.PopCount(((MaskField)mask.Find("mask")!).Mask)} {CallText.Of((TopologyMaskType)Number(mask, "type"))}"))}");
        return string.Join("; ", gts);
    }

    private static string Join(StructField fields, string list, Func<StructField, string> text) =>
        string.Join("; ", ((ListField)fields.Find(list)!).Items.Cast<StructField>().Select(text));

    private static ulong Number(StructField fields, string name) => Number(fields.Find(name)!);

    private static ulong Number(FieldValue value) => ((NumberField)value).Number;
}
