using System.Globalization;
using System.Text.Json;
using XePt.Devices;
using XePt.Tests.Vectors;
using XePt.Uapi.Formats;

namespace XePt.Tests.Devices;

[Rule("PT-012")]
public class GoldenConfigTests
{
    public static TheoryData<string> BindFiles() =>
        new(VectorKit.Files.Select(VectorKit.NameOf)
            .Where(name => name.StartsWith("bind_", StringComparison.Ordinal) && name != "bind_quirks"));

    [Theory]
    [MemberData(nameof(BindFiles))]
    public void Preset_equals_the_config_record_of_the_vectors(string file)
    {
        JsonElement config = JsonDocument.Parse(VectorKit.Lines(file).First()).RootElement;
        Assert.True(XePlatforms.TryGet(config.GetProperty("platform").GetString()!, out PlatformInfo? platform));
        JsonElement device = config.GetProperty("device");

        Assert.Equal(Int(device, "graphics_verx100"), platform.GraphicsVerx100);
        Assert.Equal(Flag(device, "dgfx"), platform.IsDiscrete);
        Assert.Equal(Int(device, "va_bits"), platform.VaBits);
        Assert.Equal(Int(device, "max_level"), platform.RootLevel);
        Assert.Equal(Flag(device, "vram_need64k"), platform.VramNeeds64K);
        Assert.Equal(Flag(device, "has_usm"), platform.HasFaultMode);
        Assert.Equal(Flag(device, "atomic_enable_pte_bit"), platform.HasAtomicEnableBit);
        Assert.Equal(Flag(device, "device_atomics_on_smem"), platform.DeviceAtomicsOnSystemMemory);
        Assert.Equal(Flag(device, "cached_pt"), platform.CachedPageTables);
        Assert.Equal(Flag(device, "needs_scratch"), platform.AllowsScratchWithFaults);
        Assert.Equal(Hex(device, "vram_dpa_base"), platform.VramDpaBase[0]);
        Assert.Equal(Int(device, "mem_region_mask"), (int)platform.MemoryRegionMask);

        JsonElement pat = device.GetProperty("pat");
        Assert.Equal(Int(pat, "n"), platform.Pat.Count);
        Assert.Equal(Int(pat, "idx_none"), (int)platform.Pat.IndexNone);
        Assert.Equal(Int(pat, "idx_wt"), (int)platform.Pat.IndexWriteThrough);
        Assert.Equal(Int(pat, "idx_wb"), (int)platform.Pat.IndexWriteBack);
        Assert.Equal(pat.GetProperty("entries").EnumerateArray().Select(PatEntryOf), platform.Pat.Entries);
    }

    private static PatEntry PatEntryOf(JsonElement entry) =>
        new((uint)Hex(entry, "value"), (PatCoherency)Int(entry, "coh"), Flag(entry, "comp"));

    private static int Int(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    private static bool Flag(JsonElement of, string name) => Int(of, name) != 0;

    private static ulong Hex(JsonElement of, string name) =>
        ulong.Parse(of.GetProperty(name).GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
