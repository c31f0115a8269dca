using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using XePt.Devices;
using static XePt.Uapi.Formats.PteFormats;

namespace XePt.Tests.Formats;

/// <summary>All of <c>encode.jsonl.gz</c>.</summary>
[Rule("PT-019")]
[Rule("PT-021")]
public class EncodeVectorTests
{
    private static readonly List<JsonElement> Vectors = ReadVectors();

    [Theory]
    [InlineData("pte_vma")]
    [InlineData("pte_addr")]
    [InlineData("pte_bo")]
    [InlineData("pde_bo")]
    public void Encoder_reproduces_every_vector(string function)
    {
        List<JsonElement> vectors = Vectors.Where(vector => Text(vector, "fn") == function).ToList();
        Assert.NotEmpty(vectors);
        foreach (JsonElement vector in vectors)
        {
            Assert.True(XePlatforms.TryGet(Text(vector, "config"), out PlatformInfo? platform));
            string encoded = "0x" + Encode(function, platform, vector).ToString("x", CultureInfo.InvariantCulture);
            Assert.True(encoded == Text(vector, "out"), $"{vector}: got {encoded}");
        }
    }

    [Fact]
    public void The_file_has_no_other_functions() =>
        Assert.Equal(["pde_bo", "pte_addr", "pte_bo", "pte_vma"], Vectors.Select(vector => Text(vector, "fn")).Distinct().Order());

    private static ulong Encode(string function, PlatformInfo platform, JsonElement vector) => function switch
    {
        "pte_vma" => Hex(vector, "addr") | Leaf(platform, vector, Flag(vector, "readonly"), Flag(vector, "null")),
        "pte_addr" => Hex(vector, "addr") | Leaf(platform, vector) |
            (Flag(vector, "devmem") ? DeviceMemory : 0) | (Flag(vector, "ps64") ? Ps64 : 0),
        "pte_bo" => BoAddress(platform, vector) | Leaf(platform, vector) | (IsVram(vector) ? DeviceMemory : 0),
        _ => BoAddress(platform, vector) |
            EncodePde(platform.FormatId, platform.PdePatFor(!IsVram(vector) && Text(vector, "cpu_caching") == "wb")),
    };

    private static ulong Leaf(PlatformInfo platform, JsonElement vector, bool isReadOnly = false, bool isNull = false) =>
        EncodeLeaf(platform.FormatId, vector.GetProperty("level").GetInt32(), vector.GetProperty("pat").GetUInt32(), isReadOnly, isNull);

    private static ulong BoAddress(PlatformInfo platform, JsonElement vector) =>
        Hex(vector, "base") + Hex(vector, "off") + (IsVram(vector) ? platform.VramDpaBase[0] : 0);

    private static bool IsVram(JsonElement vector) => Text(vector, "mem") == "vram";

    private static List<JsonElement> ReadVectors()
    {
        using StreamReader reader = new(
            new GZipStream(File.OpenRead(Path.Combine(RepositoryPaths.Vectors, "encode.jsonl.gz")), CompressionMode.Decompress));
        reader.ReadLine();
        List<JsonElement> vectors = [];
        while (reader.ReadLine() is { } line)
            vectors.Add(JsonDocument.Parse(line).RootElement);
        return vectors;
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;

    private static bool Flag(JsonElement of, string name) => of.GetProperty(name).GetInt32() != 0;

    private static ulong Hex(JsonElement of, string name) =>
        ulong.Parse(Text(of, name).AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
