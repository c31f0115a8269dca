using System.Globalization;
using XePt.Devices;

namespace XePt.Tests.Devices;

public class XePlatformsTests
{
    /// <summary>Row title in PT-012 to the presets it describes.</summary>
    private static readonly Dictionary<string, PlatformInfo[]> RowsOfPt012 = new()
    {
        ["TGL, RKL, ADL-S/P/N (Xe_LP)"] = [XePlatforms.Tgl, XePlatforms.Rkl, XePlatforms.AdlS, XePlatforms.AdlP, XePlatforms.AdlN],
        ["DG1 (Xe_LP+)"] = [XePlatforms.Dg1],
        ["DG2, ATS-M (Xe_HPG)"] = [XePlatforms.Dg2, XePlatforms.Dg2G10, XePlatforms.AtsM],
        ["PVC (Xe_HPC)"] = [XePlatforms.Pvc, XePlatforms.Pvc2T],
        ["MTL, ARL (Xe_LPG)"] = [XePlatforms.Mtl, XePlatforms.Arl],
        ["LNL (Xe2_LPG)"] = [XePlatforms.Lnl],
        ["BMG (Xe2_HPG)"] = [XePlatforms.Bmg],
        ["PTL, WCL (Xe3_LPG)"] = [XePlatforms.Ptl, XePlatforms.Wcl],
        ["NVL-S"] = [XePlatforms.NvlS],
        ["CRI (Xe3p_XPC)"] = [XePlatforms.Cri],
    };

    /// <summary>Row title in section 2 of 02 to one of its presets.</summary>
    private static readonly Dictionary<string, PlatformInfo[]> RowsOfCapabilities = new()
    {
        ["TGL, RKL, ADL-S, ADL-P, ADL-N"] = RowsOfPt012["TGL, RKL, ADL-S/P/N (Xe_LP)"],
        ["DG1"] = [XePlatforms.Dg1],
        ["DG2, ATS-M"] = RowsOfPt012["DG2, ATS-M (Xe_HPG)"],
        ["PVC"] = RowsOfPt012["PVC (Xe_HPC)"],
        ["MTL, ARL"] = RowsOfPt012["MTL, ARL (Xe_LPG)"],
        ["LNL"] = [XePlatforms.Lnl],
        ["BMG"] = [XePlatforms.Bmg],
        ["PTL, WCL"] = RowsOfPt012["PTL, WCL (Xe3_LPG)"],
        ["NVL-S"] = [XePlatforms.NvlS],
        ["CRI"] = [XePlatforms.Cri],
    };

    [Fact]
    [Rule("PT-012")]
    [Rule("PT-005")]
    [Rule("PT-007")]
    [Rule("CFG-011")]
    public void Presets_equal_the_normative_platform_table()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-012**");
        Assert.Equal(RowsOfPt012.Keys, rows.Select(row => row[0]));
        foreach (string[] row in rows)
        {
            foreach (PlatformInfo platform in RowsOfPt012[row[0]])
            {
                AssertVersion(row[1], platform.GraphicsVerx100);
                string[] columns2To12 =
                [
                    YesNo(platform.IsDiscrete), Text(platform.VaBits), Text(platform.RootLevel), YesNo(platform.VramNeeds64K),
                    YesNo(platform.CachedPageTables), YesNo(platform.HasAtomicEnableBit), YesNo(platform.DeviceAtomicsOnSystemMemory),
                    YesNo(platform.HasFaultMode), YesNo(platform.AllowsScratchWithFaults), YesNo(platform.HasAsid),
                    YesNo(platform.HasRangeTlbInvalidation),
                ];
                Assert.Equal(columns2To12, row[2..13]);
                Assert.InRange(platform.TileCount, 1, int.Parse(row[13], CultureInfo.InvariantCulture));
                string[] columns14To16 = [Text(platform.GtSlotsPerTile), YesNo(platform.HasFlatCcs), Text(platform.DmaBits)];
                Assert.Equal(columns14To16, row[14..]);
            }
        }

        Assert.Equal(XePlatforms.All, RowsOfPt012.Values.SelectMany(presets => presets));
    }

    [Fact]
    [Rule("BIND-002")]
    [Rule("PT-006")]
    public void Presets_equal_the_capability_table_of_the_front_end()
    {
        List<string[]> rows = SpecTables.Below("02-bind.md", "## 2. Device capabilities");
        Assert.Equal(RowsOfCapabilities.Keys, rows.Select(row => row[0]));
        foreach (string[] row in rows)
        {
            foreach (PlatformInfo platform in RowsOfCapabilities[row[0]])
            {
                Assert.Equal(row[1], Text(platform.VaBits));
                Assert.Equal(1UL << int.Parse(row[1], CultureInfo.InvariantCulture), platform.VmSize);
                Assert.Equal(row[2], Text(platform.RootLevel));
                if (row[4] != "by version")
                    Assert.Equal([row[4], row[4]], [YesNo(platform.HasFaultMode), YesNo(platform.HasAsid)]);
                Assert.Equal(row[5], YesNo(platform.IsDiscrete));
                Assert.Equal(row[6] == "yes", platform.VramNeeds64K);
                Assert.StartsWith(YesNo(platform.AllowsScratchWithFaults), row[7], StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    [Rule("PT-014")]
    public void Only_dg2_g10_forces_scratch() =>
        Assert.Equal([XePlatforms.Dg2G10], XePlatforms.All.Where(platform => platform.ForcesScratch));

    [Fact]
    [Rule("PT-013")]
    public void Only_discrete_platforms_need_64K_vram() =>
        Assert.All(XePlatforms.All.Where(platform => platform.VramNeeds64K), platform => Assert.True(platform.IsDiscrete));

    [Fact]
    [Rule("PT-011")]
    [Rule("UAPI-013")]
    public void Tiles_vram_bases_and_memory_regions_agree()
    {
        Assert.All(XePlatforms.All, platform => Assert.InRange(platform.TileCount, 1, 2));
        Assert.All(XePlatforms.All, platform => Assert.Equal(platform.TileCount, platform.VramDpaBase.Length));
        Assert.All(XePlatforms.All, platform => Assert.Equal(platform.IsDiscrete, platform.VramBytesPerTile != 0));
        Assert.Equal(0b1u, XePlatforms.Lnl.MemoryRegionMask);
        Assert.Equal(0b11u, XePlatforms.Bmg.MemoryRegionMask);
        Assert.Equal(0b111u, XePlatforms.Pvc2T.MemoryRegionMask);
        ulong endOfTile0 = XePlatforms.Pvc2T.VramDpaBase[0] + XePlatforms.Pvc2T.VramBytesPerTile;
        Assert.True(endOfTile0 <= XePlatforms.Pvc2T.VramDpaBase[1]);
    }

    [Fact]
    [Rule("PT-077")]
    public void Compact_tables_follow_the_version()
    {
        Assert.False(XePlatforms.Dg1.HasCompactTables);
        Assert.True(XePlatforms.Dg2.HasCompactTables);
        Assert.False(XePlatforms.Arl.HasNoCompressionHint);
        Assert.True(XePlatforms.Bmg.HasNoCompressionHint);
    }

    [Fact]
    public void A_preset_is_found_by_its_name_in_any_case()
    {
        foreach (PlatformInfo platform in XePlatforms.All)
        {
            Assert.True(XePlatforms.TryGet(platform.Name.ToUpperInvariant(), out PlatformInfo? found));
            Assert.Same(platform, found);
        }

        Assert.False(XePlatforms.TryGet("i915", out _));
    }

    [Fact]
    public void Names_and_device_ids_are_unique()
    {
        Assert.Equal(XePlatforms.All.Length, XePlatforms.All.Select(platform => platform.Name).Distinct().Count());
        Assert.Equal(XePlatforms.All.Length, XePlatforms.All.Select(platform => platform.DeviceId).Distinct().Count());
    }

    /// <summary>The cell is "1200", "1270/1271/1274", "30xx" or a remark.</summary>
    private static void AssertVersion(string cell, int version)
    {
        if (cell == "from GMD_ID")
            return;
        Assert.Contains(cell.Split('/'), allowed => Text(version).StartsWith(allowed.TrimEnd('x'), StringComparison.Ordinal));
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
