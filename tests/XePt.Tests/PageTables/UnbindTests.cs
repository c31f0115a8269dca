using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>The unbind walk: which entries are cleared, which tables go (specification 03 section 10).</summary>
public class UnbindTests
{
    [Fact]
    [Rule("PT-103")]
    [Rule("PT-094")]
    public void A_table_goes_when_its_last_entries_do()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x200000), Map(gpu.SystemPage(), 0x40000000));

        RequestTrace unbind = gpu.Run(Unmap(0x200000, Page));
        Assert.Equal("T1(L2) entry 0 = 0x0", unbind.Op.Records.Single().ToString());
        Assert.Equal([2, 3], unbind.Tile.Freed);
        Assert.Equal([1, 1, 1, 1], TableCopy.All(gpu.Vm).Select(table => table.Live));
    }

    [Fact]
    [Rule("PT-108")]
    [Rule("PT-102")]
    public void A_table_with_other_live_entries_stays()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x200000), Map(gpu.SystemPage(), 0x3ff000));
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40001000, 4 * Page)), 0x210000));

        RequestTrace unbind = gpu.Run(Unmap(0x210000, 4 * Page));
        Assert.Equal("T3(L0) entries 16..19 = 0x0 (x4)", unbind.Op.Records.Single().ToString());
        Assert.Empty(unbind.Tile.Freed);
    }

    [Fact]
    [Rule("PT-104")]
    public void A_table_goes_when_both_of_its_edges_go()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40000000, 2 * Page)), 0x1ff000));
        RequestTrace unbind = gpu.Run(Unmap(0x1ff000, 2 * Page));
        Assert.Equal("T0(L3) entry 0 = 0x0", unbind.Op.Records.Single().ToString());
        Assert.Equal([1, 2, 3, 4], unbind.Tile.Freed);
    }

    [Fact]
    [Rule("PT-105")]
    public void A_surviving_edge_has_a_record_of_its_own_before_that_of_its_parent()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), 0x100000));
        // One page on the left in the table of the other mapping, a 2 MiB leaf, one page on the right.
        gpu.Run(Map(gpu.VramBo(new PhysicalRun(0x401ff000, (2 * MiB) + (2 * Page))), 0x1ff000));

        RequestTrace unbind = gpu.Run(Unmap(0x1ff000, (2 * MiB) + (2 * Page)));
        Assert.Equal(["T4(L0) entry 511 = 0x0", "T3(L1) entries 1..2 = 0x0, 0x0"], unbind.Op.Records.Select(record => record.ToString()));
        Assert.Equal([5], unbind.Tile.Freed);
    }

    [Fact]
    [Rule("PT-105")]
    public void Nothing_is_recorded_above_tables_that_stay()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x1fe000), Map(gpu.SystemPage(), 0x201000));
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x4000, 2 * Page)), 0x1ff000));
        RequestTrace unbind = gpu.Run(Unmap(0x1ff000, 2 * Page));
        Assert.Equal([0, 0], unbind.Op.Records.Select(record => record.Level));
    }

    /// <summary>The reference would kill the root here and clear nothing.</summary>
    [Theory]
    [Rule("PT-110")]
    [Rule("Q-01")]
    [InlineData("tgl", 0, 512 * GiB, "T0(L3) entry 0 = 0x0")]
    [InlineData("tgl", 512 * GiB, TiB, "T0(L3) entries 1..2 = 0x0, 0x0")]
    [InlineData("tgl", 0, 128 * TiB, "T0(L3) entries 0..255 = 0x0 (x256)")]
    [InlineData("bmg", 0, 256 * TiB, "T0(L4) entry 0 = 0x0")]
    [InlineData("pvc", 256 * TiB, 256 * TiB, "T0(L4) entry 1 = 0x0")]
    public void The_root_is_never_killed(string platform, ulong va, ulong size, string record)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(MapNull(va, size));
        Assert.Equal(record, gpu.Run(Unmap(va, size)).Op.Records.Single().ToString());
        Assert.Equal(["num_live: T0=0"], gpu.Tree());
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-111")]
    [Rule("PT-134")]
    [Rule("PT-140")]
    [Rule("PT-187")]
    public void Unmapping_a_VMA_that_was_never_bound_stages_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Run(Map(gpu.SystemPage(), 0x200000));
        RequestTrace unmap = gpu.Run(Unmap(0x200000, Page));
        Assert.Equal((1, 0), (unmap.Tile.ReservedOps, unmap.Tile.Ops.Count));
        Assert.False(unmap.Tile.NeedsInvalidation);
        Assert.Equal((0, 0L), (gpu.Vm.VmaCount, gpu.Vm.Counters.Commits));
    }

    /// <summary>The reference runs all reserved slots, filled or not.</summary>
    [Fact]
    [Rule("PT-136")]
    [Rule("Q-06")]
    public void Slots_that_stay_unused_are_neither_run_nor_aborted()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Run(Map(gpu.SystemPage(0x1000), 0x200000));
        DrmXeVmBindOp[] ops = [Unmap(0x200000, Page), Map(gpu.SystemPage(0x2000), 0x201000, pat: 2, VmBindFlags.Immediate)];
        string[] before = VmImage.Of(gpu);
        foreach (FailurePoint point in new[] { FailurePoint.Prepare, FailurePoint.Run })
        {
            gpu.Device.Failures.Arm(point);
            Assert.Equal(Errno.ENOSPC, gpu.TryRun(ops).Error);
            Assert.Equal(before, VmImage.Of(gpu));
        }

        RequestTrace call = gpu.Run(ops);
        Assert.Equal((2, 1), (call.Tile.ReservedOps, call.Tile.Ops.Count));
        Assert.False(ByteWalker.Walk(gpu.Vm, 0x200000).IsPresent);
        Assert.Equal(0x2000ul, ByteWalker.Walk(gpu.Vm, 0x201000).Address);
    }

    [Fact]
    [Rule("PT-108")]
    public void An_unmap_over_several_VMAs_clears_them_one_after_the_other()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x200000), Map(gpu.SystemPage(), 0x202000), Map(gpu.SystemPage(), 0x204000));
        RequestTrace unmap = gpu.Run(Unmap(0x200000, 16 * Page));
        Assert.Equal(
            ["T3(L0) entry 0 = 0x0", "T3(L0) entry 2 = 0x0", "T0(L3) entry 0 = 0x0"],
            unmap.Tile.Records.Select(record => record.ToString()));
        Assert.Equal([1, 2, 3], unmap.Tile.Freed);
    }

    [Fact]
    [Rule("PT-108")]
    public void Unmap_all_clears_every_mapping_of_a_BO_and_nothing_else()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        XeBo bo = gpu.SystemPage(0x1000);
        gpu.Run(Map(bo, 0x200000), Map(bo, 0x40000000), Map(gpu.SystemPage(0x2000), 0x201000));
        Assert.Equal(2, gpu.Run(UnmapAll(bo)).Tile.Ops.Count);
        Assert.Equal(new LeafCensus(Size4K: 1), LeafCensus.Of(gpu.Vm));
        Assert.Equal(0x2000ul, ByteWalker.Walk(gpu.Vm, 0x201000).Address);
    }
}
