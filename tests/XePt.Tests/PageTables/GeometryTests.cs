using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Specification 03 section 1: levels, indices, reach.</summary>
public class GeometryTests
{
    public static TheoryData<string> AllPlatforms => [.. XePlatforms.All.Select(platform => platform.Name)];

    [Theory]
    [Rule("PT-001")]
    [Rule("PT-003")]
    [InlineData("tgl", 0x0000000000000000)]
    [InlineData("tgl", 0x00007ffffffff000)]
    [InlineData("dg2", 0x0000a5a5c0ffe000)]
    [InlineData("bmg", 0x0000ffffffe00000)]
    [InlineData("bmg", 0x0000123456789000)]
    [InlineData("pvc", 0x0123456789abc000)]
    [InlineData("pvc", 0x01fffffffffff000)]
    public void A_page_hangs_at_the_index_that_its_address_gives_at_each_level(string platform, ulong va)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(Map(gpu.SystemPage(), va));

        List<TableCopy> tables = TableCopy.All(gpu.Vm);
        Assert.Equal(Enumerable.Range(0, gpu.Device.Platform.RootLevel + 1).Reverse(), tables.Select(table => table.Level));
        foreach (TableCopy table in tables)
        {
            int shift = 12 + (9 * table.Level);
            int index = table.Level == 4 ? (int)(va >> 48) : (int)((va >> shift) & 511);
            Assert.Equal(index, Assert.Single(Enumerable.Range(0, 512), i => table.Entries[i] != 0));
            Assert.Equal(va >> shift << shift, table.VaOf(index));
        }
    }

    [Fact]
    [Rule("PT-002")]
    public void A_table_is_4096_bytes_of_512_entries_at_every_level()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), 0x1000));
        List<TableCopy> tables = TableCopy.All(gpu.Vm);
        Assert.All(tables, table => Assert.Equal(512, table.Entries.Length));
        Assert.Equal(
            Enumerable.Range(0, 5).Select(n => TestGpu.TableWindow + ((ulong)n * 4096)), tables.Select(table => table.DeviceAddress));
    }

    [Theory]
    [Rule("PT-005")]
    [Rule("PT-006")]
    [MemberData(nameof(AllPlatforms))]
    public void The_last_page_of_a_VM_can_be_bound_and_the_next_one_not(string platform)
    {
        using var gpu = new TestGpu(platform);
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x100000, 128 * KiB));
        ulong last = gpu.Vm.Size - (64 * KiB);
        Assert.Equal(1ul << gpu.Device.Platform.VaBits, gpu.Vm.Size);

        gpu.Run(Map(bo, last, pat: gpu.WriteBack, size: 64 * KiB));
        Assert.Equal(gpu.Device.Platform.RootLevel, TableCopy.All(gpu.Vm)[0].Level);
        Assert.Equal(0x100000ul, ByteWalker.Walk(gpu.Vm, last).Address);
        Assert.Equal(Errno.EINVAL, gpu.TryRun(Map(bo, gpu.Vm.Size, pat: gpu.WriteBack, size: 64 * KiB)).Error);
        Assert.Equal(Errno.EINVAL, gpu.TryRun(Map(bo, last, pat: gpu.WriteBack)).Error);
    }

    [Theory]
    [Rule("PT-007")]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [InlineData("ptl")]
    [InlineData("nvls")]
    public void The_fifth_level_of_a_48_bit_platform_uses_its_entry_0_only(string platform)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(MapNull(0, gpu.Vm.Size));
        TableCopy root = TableCopy.All(gpu.Vm)[0];
        Assert.Equal((4, 1), (root.Level, root.Live));
        Assert.True(root.HasChild[0]);
    }

    [Fact]
    [Rule("PT-008")]
    public void No_leaf_is_larger_than_1_GiB()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(MapNull(0, TiB));
        Assert.Equal(new LeafCensus(Size1G: 1024), LeafCensus.Of(gpu.Vm));
    }

    /// <summary>The entries of a level that an interval touches are those between its rounded ends.</summary>
    [Theory]
    [Rule("PT-009")]
    [Rule("PT-010")]
    [InlineData(0x1ff000, 0x201000, 2, 2)]
    [InlineData(0x200000, 0x401000, 2, 1)]
    [InlineData(0x000000, 0x400000, 2, 0)]
    [InlineData(0x001000, 0x400000, 2, 511)]
    [InlineData(0x001000, 0x5ff000, 3, 1022)]
    public void An_interval_touches_the_entries_between_its_rounded_ends(ulong start, ulong end, int level1, int level0)
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(MapNull(start, end - start));
        List<TableCopy> tables = TableCopy.All(gpu.Vm);
        Assert.Equal(level1, Assert.Single(tables, table => table.Level == 1).Live);
        Assert.Equal(level0, tables.Where(table => table.Level == 0).Sum(table => table.Live));
    }
}
