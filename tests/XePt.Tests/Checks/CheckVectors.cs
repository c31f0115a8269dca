using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Formats;

namespace XePt.Tests.Checks;

/// <summary>Reads the reference vectors of argument checks and BO validation.</summary>
internal static class CheckVectors
{
    /// <summary>What a case's config says about its device.</summary>
    internal sealed record Device(BindSetting Bind, bool VramNeeds64K);

    /// <summary>Every case of a vector file with its device and its line number.</summary>
    public static IEnumerable<(int Line, Device Device, JsonElement Case)> Read(string file)
    {
        using var stream = new GZipStream(File.OpenRead(Path.Combine(RepositoryPaths.Vectors, file)), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var devices = JsonDocument.Parse(reader.ReadLine()!).RootElement.GetProperty("configs").EnumerateArray()
            .ToDictionary(config => config.GetProperty("config").GetString()!, ReadDevice);
        for (var line = 2; reader.ReadLine() is { } text; line++)
        {
            var @case = JsonDocument.Parse(text).RootElement;
            yield return (line, devices[@case.GetProperty("config").GetString()!], @case);
        }
    }

    /// <summary>A number written as a hex string.</summary>
    public static ulong Hex(this JsonElement element, string property) =>
        ulong.Parse(element.GetProperty(property).GetString().AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>A number written as a JSON integer.</summary>
    public static uint Number(this JsonElement element, string property) => element.GetProperty(property).GetUInt32();

    private static Device ReadDevice(JsonElement config)
    {
        var device = config.GetProperty("device");
        var flags = config.GetProperty("vm_flags").EnumerateArray().Select(flag => flag.GetString()).ToHashSet();
        var setting = new BindSetting
        {
            Pat = [.. device.GetProperty("pat").GetProperty("entries").EnumerateArray().Select(ReadPatEntry)],
            MemoryRegionMask = device.Number("mem_region_mask"),
            VmSize = 1ul << device.GetProperty("va_bits").GetInt32(),
            Mode = flags.Contains("fault") ? VmMode.Fault : flags.Contains("lr") ? VmMode.PreemptFence : VmMode.DmaFence,
        };
        return new Device(setting, device.Number("vram_need64k") != 0);
    }

    private static PatEntry ReadPatEntry(JsonElement entry) =>
        new((uint)entry.Hex("value"), (PatCoherency)entry.Number("coh"), entry.Number("comp") != 0);
}
