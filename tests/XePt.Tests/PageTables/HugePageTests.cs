using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// The decision table of specification 03 section 8: when an entry is a leaf, a new child, or a way into an existing child.
/// </summary>
public class HugePageTests
{
    private const int Rows2M = 512;

    /// <summary>Rows "leaf (2M, 1G)" and "new child, replace" on a platform without compact tables.</summary>
    [Theory]
    [Rule("PT-073")]
    [InlineData("aligned 2 MiB", 0x600000, 0x40000000, 0, 0, 1, 0)]
    [InlineData("address only 64 KiB aligned", 0x600000, 0x40010000, 0, 512, 0, 0)]
    [InlineData("VA off by a page", 0x601000, 0x40001000, 0, 512, 0, 0)]
    [InlineData("two pieces of 1 MiB in a row", 0x600000, 0x40000000, 1, 512, 0, 0)]
    public void A_2M_entry_is_a_leaf_if_it_is_full_in_one_piece_and_aligned(
        string why, ulong va, ulong address, int cuts, int size4K, int size2M, int size1G)
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        ulong piece = 2 * MiB / (ulong)(cuts + 1);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(address, piece, cuts + 1, piece)), va));
        Assert.True(new LeafCensus(size4K, 0, size2M, size1G) == LeafCensus.Of(gpu.Vm), why);
    }

    [Theory]
    [Rule("PT-073")]
    [InlineData("aligned 1 GiB", 0x40000000, 0x80000000, GiB, 0, 1)]
    [InlineData("address only 2 MiB aligned", 0x40000000, 0x80200000, GiB, Rows2M, 0)]
    [InlineData("VA only 2 MiB aligned", 0x40200000, 0x80200000, GiB, Rows2M, 0)]
    [InlineData("three in one piece", 0x40000000, 0x80000000, 3 * GiB, 0, 3)]
    [InlineData("2 MiB less", 0x40000000, 0x80000000, GiB - (2 * MiB), Rows2M - 1, 0)]
    [InlineData("2 MiB before and behind", 0x3fe00000, 0x7fe00000, GiB + (4 * MiB), 2, 1)]
    public void A_1G_entry_is_a_leaf_if_it_is_full_in_one_piece_and_aligned(
        string why, ulong va, ulong address, ulong size, int size2M, int size1G)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(address, size)), va));
        Assert.True(new LeafCensus(0, 0, size2M, size1G) == LeafCensus.Of(gpu.Vm), why);
    }

    [Fact]
    [Rule("PT-073")]
    [Rule("PT-065")]
    public void Neighbouring_VRAM_blocks_are_not_joined_into_a_larger_leaf()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x80000000, 512 * MiB, Count: 2, Stride: 512 * MiB)), 0x40000000));
        Assert.Equal(new LeafCensus(Size2M: 512), LeafCensus.Of(gpu.Vm));
    }

    [Fact]
    [Rule("PT-069")]
    public void Alignment_is_that_of_the_address_without_the_region_base()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg with { VramDpaBase = [0x100010000] });
        // The base makes the second block aligned instead of the first.
        gpu.Run(Map(gpu.VramBo(new(0x80000000, 2 * MiB), new(0x801f0000, 2 * MiB)), 0x400000));
        Assert.Equal(2 * MiB, ByteWalker.Walk(gpu.Vm, 0x400000).PageBytes);
        Assert.Equal(64 * KiB, ByteWalker.Walk(gpu.Vm, 0x600000).PageBytes);
    }

    [Fact]
    [Rule("PT-065")]
    public void What_is_left_of_a_block_is_clamped_to_the_range()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x80000000, 4 * MiB)), 0x200000, size: 3 * MiB));
        Assert.Equal(new LeafCensus(Size4K: 256, Size2M: 1), LeafCensus.Of(gpu.Vm));
    }

    [Fact]
    [Rule("PT-065")]
    public void The_cursor_starts_at_the_BO_offset()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new(0x80000000, 2 * MiB), new(0x90000000, 2 * MiB), new(0xa0000000, 2 * MiB));
        gpu.Run(Map(bo, 0x400000, offset: 2 * MiB, size: 2 * MiB));
        gpu.Run(Map(bo, 0x801000, offset: (2 * MiB) - Page, size: 2 * Page));
        Assert.Equal(0x90000000ul, ByteWalker.Walk(gpu.Vm, 0x400000).Address);
        Assert.Equal(0x801ff000ul, ByteWalker.Walk(gpu.Vm, 0x801000).Address);
        Assert.Equal(0x90000000ul, ByteWalker.Walk(gpu.Vm, 0x802000).Address);
    }

    /// <summary>Row "new child, pre-filled empty", then row "descend, no insertion at this level".</summary>
    [Fact]
    [Rule("PT-076")]
    [Rule("PT-057")]
    public void A_partly_covered_entry_makes_its_child_once_and_uses_it_afterwards()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        RequestTrace first = gpu.Run(Map(gpu.SystemPage(), 0x200000));
        Assert.Equal(["T1(L2)", "T2(L1)", "T3(L0)"], first.Op.NewTables);
        Assert.All(TableCopy.All(gpu.Vm), table => Assert.Single(table.Entries, entry => entry != 0));

        RequestTrace second = gpu.Run(Map(gpu.SystemPage(), 0x202000));
        Assert.Empty(second.Op.NewTables);
        Assert.Equal((3, 0, 2), Assert.Single(second.Op.Records) is var record ? (record.Table, record.Level, record.First) : default);
    }

    /// <summary>Row "leaf" with a child in the way.</summary>
    [Fact]
    [Rule("PT-075")]
    public void A_leaf_replaces_a_child_and_the_child_is_freed()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40001000, 2 * MiB));
        gpu.Run(Map(bo, 0x200000));
        RequestTrace moved = gpu.Move(bo, region: 1, new PhysicalRun(0x80000000, 2 * MiB));
        Assert.Equal([4], moved.Tile.Freed);
        Assert.Equal(new LeafCensus(Size2M: 1), LeafCensus.Of(gpu.Vm));
    }

    /// <summary>Row "new child, replace" with a child in the way: it is not written into.</summary>
    [Fact]
    [Rule("PT-076")]
    public void A_full_entry_never_uses_the_child_it_has()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40001000, 2 * MiB));
        gpu.Run(Map(bo, 0x200000), Map(gpu.SystemPage(), 0x400000));

        RequestTrace moved = gpu.Move(bo, region: 1, new PhysicalRun(0x80001000, 2 * MiB));
        RecordTrace record = Assert.Single(moved.Op.Records);
        Assert.Equal((1, 1, 1), (record.Level, record.First, record.Values.Length));
        Assert.Single(moved.Op.NewTables);
        Assert.Single(moved.Tile.Freed);
        Assert.Equal(2, TableCopy.All(gpu.Vm).Single(table => table.Level == 1).Live);
    }

    [Fact]
    [Rule("PT-072")]
    public void Entries_are_inserted_by_rising_address_in_one_record()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), 0));
        // 2M leaf, table, 2M leaf in the level-1 table that the first page made.
        XeBo bo = gpu.VramBo(new(0x80000000, 2 * MiB), new(0x90001000, 2 * MiB), new(0xa0000000, 2 * MiB));
        RecordTrace record = Assert.Single(gpu.Run(Map(bo, 0x200000)).Op.Records);
        Assert.Equal((1, 1, 3), (record.Level, record.First, record.Values.Length));
        Assert.Equal([false, true, false], record.Values.Select(value => EntryBits.IsPde(value, 1)));
    }
}
