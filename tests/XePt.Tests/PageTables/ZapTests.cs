using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Invalidation without freeing: specification 03 section 11.</summary>
public class ZapTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x1ff000;
    private const ulong Size = (4 * MiB) + (2 * Page);

    [Theory]
    [Rule("PT-113")]
    [Rule("PT-114")]
    [Rule("PT-166")]
    [Rule("PT-109")]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.ScratchPage)]
    public void A_zap_zeroes_the_entries_of_its_interval_and_nothing_else(VmCreateFlags scratch)
    {
        using TestGpu gpu = Bound(scratch);
        List<TableCopy> before = TableCopy.All(gpu.Vm);
        PageSizeHints sizes = gpu.VmaAt(Va).PageSizes;

        Assert.Equal(Errno.Ok, gpu.Vm.Zap(Va));

        List<TableCopy> after = TableCopy.All(gpu.Vm);
        Assert.Equal(before.Select(table => (table.Number, table.Live)), after.Select(table => (table.Number, table.Live)));
        Assert.Equal(before.SelectMany(table => table.HasChild), after.SelectMany(table => table.HasChild));
        foreach ((TableCopy was, TableCopy now) in before.Zip(after))
        {
            for (int i = 0; i < was.Entries.Length; i++)
            {
                bool isInside = was.VaOf(i) >= Va && was.VaOf(i) + (1ul << was.Shift) <= Va + Size;
                bool isBelowZeroedEntry = was.IsCompact;
                Assert.Equal(isInside && !isBelowZeroedEntry ? 0 : was.Entries[i], now.Entries[i]);
            }
        }

        Assert.Equal(sizes, gpu.VmaAt(Va).PageSizes);
    }

    [Fact]
    [Rule("PT-114")]
    [Rule("PT-115")]
    public void A_rebind_after_a_zap_gives_covered_entries_new_subtrees_and_rewrites_the_edges()
    {
        using TestGpu gpu = Bound();
        int[] live = [.. TableCopy.All(gpu.Vm).Select(table => table.Live)];
        gpu.Vm.Zap(Va);

        RequestTrace rebind = gpu.Fault(Va);
        Assert.True(rebind.Op.IsRebind);
        Assert.Equal(
            [(0, 511, 1), (1, 1, 2), (0, 0, 1)], rebind.Op.Records.Select(record => (record.Level, record.First, record.Values.Length)));
        Assert.Single(rebind.Op.NewTables);
        Assert.Single(rebind.Tile.Freed);
        Assert.Equal(live, TableCopy.All(gpu.Vm).Select(table => table.Live));
        Assert.True(ByteWalker.Walk(gpu.Vm, Va).IsPresent);
    }

    [Fact]
    [Rule("PT-112")]
    [Rule("PT-117")]
    [Rule("PT-187")]
    public void A_second_zap_finds_nothing_to_do()
    {
        using TestGpu gpu = Bound();
        gpu.Vm.Zap(Va);
        Assert.Equal((1L, 1, 1), (gpu.Vm.Counters.ZapInvalidations, (int)gpu.VmaAt(Va).TilePresent, (int)gpu.VmaAt(Va).TileInvalidated));
        gpu.Vm.Zap(Va);
        Assert.Equal(1, gpu.Vm.Counters.ZapInvalidations);
    }

    [Fact]
    [Rule("PT-112")]
    [Rule("PT-117")]
    public void A_zap_of_a_VMA_that_is_not_bound_touches_no_entry_but_marks_it_invalid()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.SystemPage(), Va));
        Assert.Equal(Errno.Ok, gpu.Vm.Zap(Va));
        Assert.Equal((0L, 1, 0), (gpu.Vm.Counters.ZapInvalidations, (int)gpu.VmaAt(Va).TileInvalidated, (int)gpu.VmaAt(Va).TilePresent));
        Assert.Equal(["num_live: T0=0"], gpu.Tree());
    }

    [Fact]
    [Rule("PT-116")]
    [Rule("PT-117")]
    public void NULL_mirror_and_empty_addresses_cannot_be_zapped()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapNull(0x200000, Page, flags: VmBindFlags.Immediate), MapMirror(0x400000, MiB));
        string[] before = VmImage.Of(gpu);
        Assert.All(new[] { 0x200000ul, 0x400000ul, 0x600000ul }, va => Assert.Equal(Errno.ENOENT, gpu.Vm.Zap(va)));
        Assert.Equal(before, VmImage.Of(gpu));
    }

    [Fact]
    [Rule("PT-114")]
    [Rule("PT-103")]
    public void An_unbind_after_a_zap_still_frees_the_tables()
    {
        using TestGpu gpu = Bound();
        gpu.Vm.Zap(Va);
        gpu.Run(Unmap(Va, Size));
        Assert.Equal(["L4 T0[0] VA 0x0 = 0x1000101b -> T1", "L3 T1[0] VA 0x0 = 0x1000201b -> T2"], gpu.Tree()[..2]);
        Assert.Equal(new LeafCensus(Size4K: 2), LeafCensus.Of(gpu.Vm));
        gpu.Run(Unmap(0, GiB));
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    /// <summary>
    /// As the reference does: a kept piece of a zapped VMA counts as valid although its entries are zero. The vectors show it, so a fault
    /// there has nothing to do.
    /// </summary>
    [Fact]
    [Rule("PT-153")]
    [Rule("PT-131")]
    public void A_neighbour_kept_by_a_split_forgets_that_it_was_zapped()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x7000, 2 * Page)), Va, pat: 2, VmBindFlags.Immediate));
        gpu.Vm.Zap(Va);
        gpu.Run(Unmap(Va + Page, Page));
        Assert.Equal((1, 0), ((int)gpu.VmaAt(Va).TilePresent, (int)gpu.VmaAt(Va).TileInvalidated));
        Assert.Empty(gpu.Fault(Va).Tile.Ops);
    }

    [Fact]
    [Rule("PT-116")]
    [Rule("PT-120")]
    public void A_move_zaps_in_fault_mode_and_rebinds_otherwise()
    {
        foreach (VmCreateFlags mode in new[] { VmCreateFlags.None, VmCreateFlags.LrMode, FaultMode })
        {
            using var gpu = new TestGpu(XePlatforms.Bmg, mode);
            XeBo bo = gpu.VramBo(new PhysicalRun(0x40000000, 2 * MiB));
            gpu.Run(Map(bo, 0x200000, pat: 2, VmBindFlags.Immediate), Map(bo, 0x800000, pat: 2, VmBindFlags.Immediate));
            RequestTrace move = gpu.Move(bo, region: 1, new PhysicalRun(0x60000000, 2 * MiB));

            bool isFaultMode = mode == FaultMode;
            Assert.Equal(isFaultMode ? 2 : 0, gpu.Vm.Counters.ZapInvalidations);
            Assert.Equal(isFaultMode ? 0 : 2, move.Tile.Ops.Count);
            Assert.Equal(isFaultMode ? 0ul : 0x60000000ul, ByteWalker.Walk(gpu.Vm, 0x800000).Address);
        }
    }

    [Fact]
    [Rule("PT-112")]
    [Rule("PT-118")]
    public void A_range_is_zapped_once_and_only_where_it_is_bound()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapMirror(0, GiB));
        Assert.False(gpu.Vm.ZapRange(new(0x200000, 0x210000)));
        gpu.BindRange(0x200000, 0x210000, isVram: true, new PhysicalRun(0x40000000, 64 * KiB));
        gpu.BindRange(0x210000, 0x220000, isVram: true, new PhysicalRun(0x50000000, 64 * KiB));

        Assert.True(gpu.Vm.ZapRange(new(0x200000, 0x210000)));
        Assert.False(gpu.Vm.ZapRange(new(0x200000, 0x210000)));
        Assert.False(gpu.Vm.ZapRange(new(0x210000, 0x218000)));
        Assert.Equal((1L, 0L), (gpu.Vm.Counters.RangeInvalidations, gpu.Vm.Counters.ZapInvalidations));
        Assert.False(ByteWalker.Walk(gpu.Vm, 0x20f000).IsPresent);
        Assert.True(ByteWalker.Walk(gpu.Vm, 0x210000).IsPresent);
    }

    [Fact]
    [Rule("PT-112")]
    [Rule("PT-115")]
    public void A_fault_on_a_valid_mapping_does_nothing()
    {
        using TestGpu gpu = Bound();
        string[] before = VmImage.Of(gpu);
        RequestTrace fault = gpu.Fault(Va);
        Assert.Equal((Errno.Ok, 0), (fault.Error, fault.Tile.Ops.Count));
        Assert.Equal(before, VmImage.Of(gpu));
    }

    /// <summary>One page, a 2 MiB leaf, a compact table, one page; and neighbours in the tables at both edges.</summary>
    private static TestGpu Bound(VmCreateFlags scratch = VmCreateFlags.None)
    {
        var gpu = new TestGpu(XePlatforms.Bmg, FaultMode | scratch);
        gpu.Run(
            Map(gpu.SystemPage(), Va - Page, pat: 2, VmBindFlags.Immediate),
            Map(gpu.SystemPage(), Va + Size, pat: 2, VmBindFlags.Immediate));
        XeBo bo = gpu.VramBo(new(0x40000000, Page), new(0x40200000, 2 * MiB), new(0x50010000, 2 * MiB), new(0x60000000, Page));
        gpu.Run(Map(bo, Va, pat: 2, VmBindFlags.Immediate));
        return gpu;
    }
}
