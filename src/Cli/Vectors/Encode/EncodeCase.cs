using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.Vectors.Binds;
using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Encode;

/// <summary>One PTE or PDE to encode: <c>{config, fn, ..., out}</c>.</summary>
/// <param name="Function">The reference's encoder.</param>
/// <param name="Level">Level of the table that holds the entry.</param>
/// <param name="Expected">What the reference made.</param>
/// <param name="Found">What XePt makes.</param>
internal sealed record EncodeCase(string Function, int Level, PteFormatId Format, ulong Expected, ulong Found) : IVectorCase
{
    /// <inheritdoc/>
    public string Name => Function;

    public static EncodeCase Read(JsonElement line, VectorConfig config)
    {
        PlatformInfo platform = config.Platform;
        string function = line.Text("fn");
        int level = function == "pde_bo" ? 1 : line.Number("level", 4);
        ulong entry = function switch
        {
            "pte_vma" => line.Hex("addr") | Leaf(platform, level, line, line.Flag("readonly"), line.Flag("null")),
            "pte_addr" => line.Hex("addr") | Leaf(platform, level, line)
                | (line.Flag("devmem") ? PteFormats.DeviceMemory : 0) | (line.Flag("ps64") ? PteFormats.Ps64 : 0),
            "pte_bo" => BoAddress(platform, line) | Leaf(platform, level, line) | (BoRecord.ReadIsVram(line) ? PteFormats.DeviceMemory : 0),
            "pde_bo" => BoAddress(platform, line) | PteFormats.EncodePde(platform.FormatId, PdePat(platform, line)),
            _ => throw new MalformedRecordException($"'fn' has an unknown value: {JsonValues.Quote(line.Field("fn"))}"),
        };
        return new EncodeCase(function, level, platform.FormatId, line.Hex("out"), entry);
    }

    /// <inheritdoc/>
    public CaseResult Run() => CaseResult.Of(Name, Expected == Found
        ? null
        : new Difference("entry", Describe(Expected), Describe(Found)) { Level = Level });

    private static ulong Leaf(PlatformInfo platform, int level, JsonElement line, bool isReadOnly = false, bool isNull = false) =>
        PteFormats.EncodeLeaf(platform.FormatId, level, (uint)line.Number("pat", ushort.MaxValue), isReadOnly, isNull);

    private static ulong BoAddress(PlatformInfo platform, JsonElement line) =>
        line.Hex("base") + line.Hex("off") + (BoRecord.ReadIsVram(line) ? platform.VramDpaBase[0] : 0);

    private static uint PdePat(PlatformInfo platform, JsonElement line) =>
        platform.PdePatFor(inSystemMemory: !BoRecord.ReadIsVram(line), BoRecord.ReadCaching(line));

    private string Describe(ulong entry) => PteFormats.Describe(Format, Level, compactTable: false, entry);
}
