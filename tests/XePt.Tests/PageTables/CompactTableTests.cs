using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Tables of 32 entries of 64 KiB (PT-004, PT-077).</summary>
public class CompactTableTests
{
    private const ulong Va = 0x600000;
    private static readonly PhysicalRun Scattered = new(0x50000000, 64 * KiB, Count: 32, Stride: 128 * KiB);

    [Theory]
    [Rule("PT-077")]
    [InlineData("tgl", false)]
    [InlineData("dg1", false)]
    [InlineData("dg2", true)]
    [InlineData("pvc", true)]
    [InlineData("mtl", true)]
    [InlineData("lnl", true)]
    [InlineData("bmg", true)]
    [InlineData("ptl", true)]
    [InlineData("cri", true)]
    public void Graphics_12_50_and_newer_have_compact_tables_also_for_system_memory(string platform, bool isCompact)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(Map(gpu.SystemBo(Scattered), Va, pat: gpu.WriteBack));
        LeafCensus expected = isCompact ? new LeafCensus(Compact64K: 32) : new LeafCensus(Size4K: 512);
        PageSizeHints hints = PageSizeHints.Size4K | (isCompact ? PageSizeHints.Compact64K : PageSizeHints.Size64K);
        Assert.Equal(expected, LeafCensus.Of(gpu.Vm));
        Assert.Equal(hints, gpu.VmaAt(Va).PageSizes);
    }

    [Fact]
    [Rule("PT-004")]
    [Rule("PT-058")]
    [Rule("PT-059")]
    public void A_compact_table_has_32_entries_without_hint_and_a_marked_parent_entry()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        gpu.Run(Map(gpu.VramBo(Scattered), Va));

        List<TableCopy> tables = TableCopy.All(gpu.Vm);
        TableCopy compact = Assert.Single(tables, table => table.IsCompact);
        Assert.Equal((32, 32), (compact.Entries.Length, compact.Live));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (0x50000000ul + ((ulong)i * 128 * KiB)) | 0x803), compact.Entries);
        Assert.Equal(EntryBits.Compact, tables.Single(table => table.Level == 1).Entries[3] & EntryBits.Compact);
        IEnumerable<ulong> upper = tables.Where(table => table.Level > 1).SelectMany(table => table.Entries);
        Assert.All(upper, entry => Assert.Equal(0ul, entry & EntryBits.Compact));
        Assert.Equal(0x50000000ul + (31 * 128 * KiB) + 0xfff8, ByteWalker.Walk(gpu.Vm, Va + (2 * MiB) - 8).Address);
    }

    [Theory]
    [Rule("PT-077")]
    [Rule("PT-078")]
    [InlineData("a chunk too short", 0)]
    [InlineData("a chunk off alignment", 1)]
    [InlineData("VA not aligned", 2)]
    [InlineData("less than 2 MiB", 3)]
    public void One_misfit_makes_a_normal_table(string why, int misfit)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        PhysicalRun[] runs = misfit switch
        {
            0 => [Scattered with { Count = 31 }, new(0x60000000, 32 * KiB), new(0x70000000, 32 * KiB)],
            1 => [Scattered with { Count = 31 }, new(0x60001000, 64 * KiB)],
            2 => [Scattered],
            _ => [Scattered with { Count = 31 }],
        };
        gpu.Run(Map(gpu.VramBo(runs), misfit == 2 ? Va + Page : Va));
        LeafCensus census = LeafCensus.Of(gpu.Vm);
        Assert.True(census is { Compact64K: 0, Size4K: > 0 }, why);
    }

    [Fact]
    [Rule("PT-077")]
    public void A_larger_segment_that_is_only_64K_aligned_fills_a_compact_table()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x50010000, 4 * MiB)), Va));
        Assert.Equal(new LeafCensus(Compact64K: 64), LeafCensus.Of(gpu.Vm));
    }

    [Fact]
    [Rule("PT-077")]
    [Rule("PT-032")]
    public void Device_and_system_pages_may_share_a_compact_table()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Run(MapMirror(0, GiB));
        gpu.BindMixedRange(Va, Va + (2 * MiB), vram: [Scattered with { Count = 16 }], system: [Scattered with { Count = 16 }]);
        TableCopy compact = Assert.Single(TableCopy.All(gpu.Vm), table => table.IsCompact);
        Assert.Equal(
            [.. Enumerable.Repeat(true, 16), .. Enumerable.Repeat(false, 16)],
            compact.Entries.Select(entry => (entry & EntryBits.DeviceMemory) != 0));
    }

    [Fact]
    [Rule("PT-109")]
    [Rule("PT-131")]
    public void A_compact_table_goes_away_as_a_whole()
    {
        using var gpu = new TestGpu(XePlatforms.Dg2);
        gpu.Run(Map(gpu.VramBo(Scattered, Scattered with { Address = 0x58000000 }), Va));

        // Cut at the 2 MiB boundary: the other table stays as it is.
        RequestTrace half = gpu.Run(Unmap(Va, 2 * MiB));
        Assert.Equal((1, 3), half.Op.Records.Single() is var record ? (record.Level, record.First) : default);
        Assert.Equal(new LeafCensus(Compact64K: 32), LeafCensus.Of(gpu.Vm));

        // Cut inside: what stays is bound again, in a normal table.
        gpu.Run(Unmap(Va + (2 * MiB), 64 * KiB));
        Assert.Equal(new LeafCensus(Size4K: 31 * 16), LeafCensus.Of(gpu.Vm));
        Assert.All(TableCopy.All(gpu.Vm), table => Assert.False(table.IsCompact));
    }
}
