using System.Buffers.Binary;
using XePt.Uapi;

namespace XePt.Cli.Traces.Fields;

/// <summary>Takes the answers of DEVICE_QUERY to pieces.</summary>
internal static class QueryFields
{
    private static readonly string[] ConfigNames =
        ["REV_AND_DEVICE_ID", "FLAGS", "MIN_ALIGNMENT", "VA_BITS", "MAX_EXEC_QUEUE_PRIORITY"];

    /// <summary>C name of the struct that an answer is or begins with, or null.</summary>
    public static string? StructOf(DeviceQueryId query) => query switch
    {
        DeviceQueryId.Engines => "drm_xe_query_engines",
        DeviceQueryId.MemRegions => "drm_xe_query_mem_regions",
        DeviceQueryId.Config => "drm_xe_query_config",
        DeviceQueryId.GtList => "drm_xe_query_gt_list",
        DeviceQueryId.EngineCycles => "drm_xe_query_engine_cycles",
        DeviceQueryId.UcFwVersion => "drm_xe_query_uc_fw_version",
        _ => null,
    };

    /// <summary>C name of the struct in which a query asks, or null when its buffer is not read.</summary>
    public static string? QuestionOf(DeviceQueryId query) =>
        query is DeviceQueryId.EngineCycles or DeviceQueryId.UcFwVersion ? StructOf(query) : null;

    /// <summary>The fields of an answer, with its array if it has one.</summary>
    public static StructField Of(DeviceQueryId query, ReadOnlySpan<byte> answer)
    {
        if (query == DeviceQueryId.GtTopology)
            return new StructField([KeyValuePair.Create<string, FieldValue>("masks", Masks(answer))]);
        if (answer.IsEmpty || StructOf(query) is not { } name)
            return new StructField([]);

        StructField head = FieldReader.Of(name, answer);
        ReadOnlySpan<byte> rest = answer[UapiStructs.Find(name).Size..];
        return query switch
        {
            DeviceQueryId.Engines => head.With("engines", FieldReader.ListOf("drm_xe_engine", rest)),
            DeviceQueryId.MemRegions => head.With("mem_regions", FieldReader.ListOf("drm_xe_mem_region", rest)),
            DeviceQueryId.GtList => head.With("gt_list", FieldReader.ListOf("drm_xe_gt", rest)),
            DeviceQueryId.Config => head.With("info", Config(rest)),
            _ => head,
        };
    }

    /// <summary>Words that have names instead of numbers.</summary>
    private static ListField Config(ReadOnlySpan<byte> words)
    {
        var items = new FieldValue[words.Length / sizeof(ulong)];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = new NumberField(
                BinaryPrimitives.ReadUInt64LittleEndian(words[(i * sizeof(ulong))..]),
                i == (int)ConfigIndex.Flags ? FieldTexts.ConfigFlags : null, IsWide: true);
        }

        return new ListField(items, ConfigNames);
    }

    /// <summary>Records of different length, one behind the other.</summary>
    private static ListField Masks(ReadOnlySpan<byte> answer)
    {
        const string Head = "drm_xe_query_topology_mask";
        var masks = new List<FieldValue>();
        while (!answer.IsEmpty)
        {
            StructField head = FieldReader.Of(Head, answer);
            ReadOnlySpan<byte> mask = answer.Slice(UapiStructs.Find(Head).Size, (int)((NumberField)head.Find("num_bytes")!).Number);
            masks.Add(head.With("mask", new MaskField(FieldReader.Number(mask))));
            answer = answer[(UapiStructs.Find(Head).Size + mask.Length)..];
        }

        return new ListField(masks);
    }
}
