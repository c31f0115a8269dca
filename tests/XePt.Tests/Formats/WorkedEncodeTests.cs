using System.Globalization;
using XePt.Devices;
using XePt.Tests.Devices;
using XePt.Uapi.Formats;
using static XePt.Devices.XePlatforms;
using static XePt.Uapi.Formats.PteFormats;

namespace XePt.Tests.Formats;

/// <summary>The encode vectors E01 to E46 of the specification.</summary>
[Rule("PT-021")]
[Rule("PT-022")]
[Rule("PT-023")]
[Rule("PT-024")]
[Rule("PT-025")]
[Rule("PT-026")]
[Rule("PT-027")]
[Rule("PT-037")]
[Rule("PT-038")]
[Rule("PT-039")]
public class WorkedEncodeTests
{
    private static readonly Dictionary<string, ulong> Encoded = new()
    {
        ["E01"] = Leaf(Tgl, 0x12345000, 0, pat: 0),
        ["E02"] = Leaf(Tgl, 0x12345000, 0, pat: 3),
        ["E03"] = Leaf(Tgl, 0x12345000, 0, pat: 0, isReadOnly: true),
        ["E04"] = Leaf(Tgl, 0x12340000, 0, pat: 0) | Ps64,
        ["E05"] = Leaf(Tgl, 0x40000000, 1, pat: 0),
        ["E06"] = Leaf(Tgl, 0x40000000, 2, pat: 0),
        ["E07"] = Pde(Tgl, 0x10001000),
        ["E08"] = NullLeaf(Tgl, 0, pat: 0),
        ["E09"] = NullLeaf(Tgl, 1, pat: 0),
        ["E10"] = NullLeaf(Tgl, 2, pat: 0, isReadOnly: true),
        ["E11"] = Scratch(Tgl, 0),
        ["E12"] = Scratch(Tgl, 1),
        ["E13"] = Scratch(Tgl, 2),
        ["E14"] = Leaf(Dg2, 0x8000_0000, 0, pat: 0) | DeviceMemory | Ps64,
        ["E15"] = Leaf(Dg2, 0x8001_0000, 0, pat: 0) | DeviceMemory,
        ["E16"] = Leaf(Dg2, 0x8020_0000, 1, pat: 0) | DeviceMemory,
        ["E17"] = Pde(Dg2, 0x1_0000_2000),
        ["E18"] = Pde(Dg2, 0x1_0000_2000) | Pde64K,
        ["E19"] = Scratch(Dg2, 2),
        ["E20"] = Leaf(Pvc, 0x2_0000_0000, 1, pat: 3) | DeviceMemory | AtomicEnable,
        ["E21"] = Leaf(Pvc, 0x2_0000_0000, 1, pat: 7) | DeviceMemory,
        ["E22"] = Leaf(Pvc, 0x1_2340_5000, 0, pat: 7),
        ["E23"] = Pde(Pvc, 0x3000),
        ["E24"] = Leaf(Mtl, 0x1_0000_0000, 0, pat: 3),
        ["E25"] = Leaf(Mtl, 0x1_0000_0000, 0, pat: 4),
        ["E26"] = Pde(Mtl, 0x5000),
        ["E27"] = StolenLeaf(Mtl, 0x8000_0000, 0, pat: 3),
        ["E28"] = StolenLeaf(Tgl, 0x8000_0000, 0, pat: 0),
        ["E29"] = Leaf(Lnl, 0x8_8000_1000, 0, pat: 2) | AtomicEnable,
        ["E30"] = Leaf(Lnl, 0x8_8000_1000, 0, pat: 12) | AtomicEnable,
        ["E31"] = Leaf(Lnl, 0x8_8000_1000, 0, pat: 31) | AtomicEnable,
        ["E32"] = Leaf(Lnl, 0x8_8020_0000, 1, pat: 31) | AtomicEnable,
        ["E33"] = Pde(Lnl, 0x7000),
        ["E34"] = Scratch(Lnl, 2),
        ["E35"] = Leaf(Bmg, 0x1_0000_0000, 1, pat: 2) | DeviceMemory | AtomicEnable,
        ["E36"] = Leaf(Bmg, 0x1_0000_0000, 1, pat: 9) | DeviceMemory | AtomicEnable,
        ["E37"] = Leaf(Bmg, 0x1_0000_0000, 2, pat: 15) | DeviceMemory | AtomicEnable,
        ["E38"] = Leaf(Bmg, 0xF_0000_3000, 0, pat: 2),
        ["E39"] = Leaf(Bmg, 0x1_2345_6000, 0, pat: 2, isReadOnly: true) | DeviceMemory,
        ["E40"] = Pde(Bmg, 0x4_0000_1000),
        ["E41"] = Scratch(Bmg, 0),
        ["E42"] = Scratch(Bmg, 1),
        ["E43"] = Scratch(Bmg, 2),
        ["E44"] = Leaf(Bmg, 0xABC000, 0, pat: 12) | DeviceMemory | Ps64,
        ["E45"] = Leaf(Ptl, 0x9_0000_0000, 1, pat: 16) | AtomicEnable,
        ["E46"] = Leaf(Ptl, 0x9_0000_0000, 0, pat: 16) | AtomicEnable,
    };

    private static readonly Dictionary<string, string> Expected = SpecTables.Below("03-page-tables.md", "## 4. Encode vectors")
        .ToDictionary(row => row[0], row => row[2].Trim('`'));

    public static TheoryData<string> Cases() => new(Expected.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encoders_give_the_worked_value(string name) =>
        Assert.Equal(Expected[name], "0x" + Encoded[name].ToString("x16", CultureInfo.InvariantCulture));

    [Fact]
    [Rule("PT-028")]
    public void Low_bits_of_directory_entries_follow_the_platform()
    {
        Assert.All([Tgl, Rkl, AdlS, AdlP, AdlN], platform => Assert.Equal(0x3UL, Pde(platform, 0)));
        Assert.All([Dg1, Dg2, Dg2G10, AtsM], platform => Assert.Equal(0x1bUL, Pde(platform, 0)));
        Assert.All([Pvc, Pvc2T], platform => Assert.Equal(0x3UL, Pde(platform, 0)));
        Assert.All([Mtl, Arl], platform => Assert.Equal(0x13UL, Pde(platform, 0)));
        Assert.All([Lnl, Bmg, Ptl, Wcl, NvlS, Cri], platform => Assert.Equal(0x1bUL, Pde(platform, 0)));
    }

    [Fact]
    [Rule("PT-038")]
    public void Without_scratch_an_unused_entry_is_zero() =>
        Assert.Equal(0UL, EmptyEntry(PteFormatId.Xe2, 2, scratch: false, isDiscrete: true, writeBackPat: 2));

    [Fact]
    [Rule("PT-008")]
    public void There_is_no_leaf_above_level_2()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EncodeLeaf(PteFormatId.Xe2, 3, pat: 0, isReadOnly: false, isNull: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => EncodeLeaf(PteFormatId.Xe2, -1, pat: 0, isReadOnly: false, isNull: false));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => EmptyEntry(PteFormatId.XeLp, 3, scratch: true, isDiscrete: false, writeBackPat: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => EncodePde((PteFormatId)99, pat: 0));
    }

    private static ulong Leaf(PlatformInfo platform, ulong address, int level, uint pat, bool isReadOnly = false) =>
        address | EncodeLeaf(platform.FormatId, level, pat, isReadOnly, isNull: false);

    private static ulong NullLeaf(PlatformInfo platform, int level, uint pat, bool isReadOnly = false) =>
        EncodeLeaf(platform.FormatId, level, pat, isReadOnly, isNull: true);

    // PT-026: the kernel's own VM, of which there is none here.
    private static ulong StolenLeaf(PlatformInfo platform, ulong address, int level, uint pat) =>
        Leaf(platform, address, level, pat) | (platform.IsDiscrete || platform.GraphicsVerx100 >= 1270 ? DeviceMemory : 0);

    private static ulong Pde(PlatformInfo platform, ulong address) => address | EncodePde(platform.FormatId, platform.PdePat);

    private static ulong Scratch(PlatformInfo platform, int level) =>
        EmptyEntry(platform.FormatId, level, scratch: true, platform.IsDiscrete, platform.Pat.IndexWriteBack);
}
