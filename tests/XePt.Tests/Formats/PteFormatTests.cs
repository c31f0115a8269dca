using System.Globalization;
using XePt.Devices;
using XePt.Tests.Devices;
using XePt.Uapi.Formats;

namespace XePt.Tests.Formats;

/// <summary>The declared formats against the table of bits and the platforms.</summary>
public class PteFormatTests
{
    private static readonly PteEntryKind[] Leaves = [PteEntryKind.Leaf4K, PteEntryKind.Leaf2M, PteEntryKind.Leaf1G];

    public static TheoryData<PteFormatId> Formats() => new(Enum.GetValues<PteFormatId>());

    [Fact]
    [Rule("PT-016")]
    public void The_widest_format_has_every_bit_of_the_table_and_no_other()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-016**");
        AssertFields(rows, column: 2, PteEntryKind.Directory);
        for (int leaf = 0; leaf < Leaves.Length; leaf++)
            AssertFields(rows, column: 3 + leaf, Leaves[leaf]);
        Assert.Equal(1UL << 6, PteFormats.Pde64K);
        Assert.Contains(Xe2Format.LayoutOf(PteEntryKind.DirectoryL1).Fields, field => field.Role == PteRole.Pde64K);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    [Rule("PT-018")]
    public void A_directory_entry_carries_only_address_pat_and_the_compact_bit(PteFormatId id)
    {
        DecodedPte upper = PteFormats.Decode(id, 3, compactTable: false, ulong.MaxValue);
        DecodedPte lowest = PteFormats.Decode(id, 1, compactTable: false, ~PteFormats.PageSize);
        Assert.Equal(0x000f_ffff_ffff_f01bUL, upper.DeclaredBits);
        Assert.Equal(upper.DeclaredBits | (PteFormats.HasCompactTables(id) ? PteFormats.Pde64K : 0), lowest.DeclaredBits);
    }

    [Fact]
    [Rule("PT-016")]
    [Rule("PT-020")]
    [Rule("PT-034")]
    [Rule("PT-077")]
    public void Each_platform_has_the_bits_it_can_use()
    {
        foreach (PlatformInfo platform in XePlatforms.All)
        {
            PteFormatId id = platform.FormatId;
            ulong declared = PteFormats.Decode(id, 0, compactTable: false, 0).DeclaredBits;
            Assert.Equal(platform.HasAtomicEnableBit, (declared & PteFormats.AtomicEnable) != 0);
            Assert.Equal(platform.HasCompactTables, PteFormats.HasCompactTables(id));
            Assert.Equal(platform.GraphicsVerx100 >= 2000, (declared & (3UL << 61)) != 0);
            for (uint pat = 0; pat < platform.Pat.Count; pat++)
            {
                for (int level = 0; level <= 2; level++)
                {
                    ulong leaf = PteFormats.EncodeLeaf(id, level, pat, isReadOnly: false, isNull: false);
                    Assert.Equal(pat, PteFormats.Decode(id, level, compactTable: false, leaf).PatIndex);
                }
            }
        }
    }

    [Fact]
    [Rule("PT-017")]
    public void Bit_7_means_pat_at_level_0_and_page_size_above()
    {
        DecodedPte small = PteFormats.Decode(PteFormatId.Xe2, 0, compactTable: false, 0x100000083);
        DecodedPte huge = PteFormats.Decode(PteFormatId.Xe2, 1, compactTable: false, 0x100000083);
        Assert.Equal((PteEntryKind.Leaf4K, 4u, 0x1000UL), (small.Kind, small.PatIndex, small.PageSizeBytes));
        Assert.Equal((PteEntryKind.Leaf2M, 0u, 0x200000UL), (huge.Kind, huge.PatIndex, huge.PageSizeBytes));
        Assert.All([small, huge], entry => Assert.Equal(0x100000000UL, entry.Address));
    }

    [Fact]
    [Rule("PT-004")]
    public void The_same_entry_is_wider_in_a_compact_table()
    {
        DecodedPte entry = PteFormats.Decode(PteFormatId.XeHpg, 0, compactTable: true, 0x80010803);
        Assert.Equal((PteEntryKind.Leaf64K, 0x10000UL, 0x80010000UL), (entry.Kind, entry.PageSizeBytes, entry.Address));
        Assert.Equal(PteEntryKind.Leaf4K, PteFormats.KindOf(PteFormatId.XeLp, 0, compactTable: true, 0x80010803));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Layouts_cover_64_bits_and_name_their_rules(PteFormatId id)
    {
        foreach (PteEntryKind kind in Enum.GetValues<PteEntryKind>())
        {
            if (kind == PteEntryKind.Leaf64K && !PteFormats.HasCompactTables(id))
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => PteFormats.LayoutOf(id, kind));
                continue;
            }

            PteLayout layout = PteFormats.LayoutOf(id, kind);
            Assert.Equal(kind, layout.Kind);
            Assert.Equal(64, layout.Fields.Sum(field => field.High - field.Low + 1));
            Assert.Equal(ulong.MaxValue, layout.Fields.Aggregate(0UL, (mask, field) => mask | field.Mask));
            Assert.All(layout.Fields, field => Assert.Matches("^PT-[0-9]{3}$", field.Rule));
        }
    }

    private static void AssertFields(List<string[]> rows, int column, PteEntryKind kind)
    {
        PteLayout layout = Xe2Format.LayoutOf(kind);
        var listed = rows.Where(row => row[column].StartsWith('✓')).Select(row => (Name: NameIn(row, kind), Low: LowestBit(row, kind)));
        var declared = layout.Fields.Where(field => field.Role != PteRole.MustBeZero).Select(field => (field.Name, Low: (int)field.Low));
        Assert.Equal(listed.OrderBy(field => field.Low), declared.OrderBy(field => field.Low));
    }

    /// <summary>"XE_PDE_PS_2M / XE_PDPE_PS_1G" names one bit at two levels.</summary>
    private static string NameIn(string[] row, PteEntryKind kind)
    {
        string[] names = row[0].Split(" / ");
        return kind == PteEntryKind.Leaf1G ? names[^1] : names[0];
    }

    /// <summary>The address of a huge leaf starts at its own size (PT-001), not at bit 12.</summary>
    private static int LowestBit(string[] row, PteEntryKind kind) => (row[0], kind) switch
    {
        ("address", PteEntryKind.Leaf2M) => 21,
        ("address", PteEntryKind.Leaf1G) => 30,
        _ => int.Parse(row[1].Split('–')[0], CultureInfo.InvariantCulture),
    };
}
