using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// Records of binds and unbinds: what opens one, their order, their effect on live counts (specification 03 sections 8 to 10).
/// </summary>
public class RecordTests
{
    /// <summary>A mapping whose two ends lie in tables of others at every level, with something to insert into each of them.</summary>
    [Fact]
    [Rule("PT-086")]
    [Rule("PT-087")]
    [Rule("PT-088")]
    [Rule("PT-105")]
    [Rule("PT-214")]
    public void An_op_has_at_most_nine_records_bottom_up_on_the_left_and_top_down_on_the_right()
    {
        using var gpu = new TestGpu(XePlatforms.Pvc);
        const ulong left = (510ul << 39) | (510ul << 30) | (510ul << 21) | (510ul << 12);
        const ulong right = (2ul << 48) | (1ul << 39) | (1ul << 30) | (1ul << 21) | (1ul << 12);
        gpu.Run(Map(gpu.SystemPage(), left), Map(gpu.SystemPage(), right));
        List<string> before = [.. gpu.Tree()];

        RequestTrace bind = gpu.Run(MapNull(left + Page, right - left - Page));
        Assert.Equal(
            [(0, 511, 1), (1, 511, 1), (2, 511, 1), (3, 511, 1), (4, 1, 1), (3, 0, 1), (2, 0, 1), (1, 0, 1), (0, 0, 1)], Places(bind.Op));

        RequestTrace unbind = gpu.Run(Unmap(left + Page, right - left - Page));
        Assert.Equal(
            [(0, 511, 1), (1, 511, 1), (2, 511, 1), (3, 511, 1), (0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 1, 1)], Places(unbind.Op));
        Assert.Equal(before, gpu.Tree());
    }

    [Fact]
    [Rule("PT-088")]
    public void An_upper_table_has_no_record_if_nothing_is_inserted_into_itself()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x1fe000), Map(gpu.SystemPage(), 0x201000));
        RequestTrace bind = gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40000000, 2 * Page)), 0x1ff000));
        Assert.Equal([(0, 511, 1), (0, 0, 1)], Places(bind.Op));
    }

    [Fact]
    [Rule("PT-089")]
    [Rule("PT-100")]
    [Rule("PT-093")]
    public void A_rebind_has_records_but_counts_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40001000, 4 * Page));
        gpu.Run(Map(gpu.SystemPage(), 0x1000), Map(bo, 0x2000));
        int[] live = [.. TableCopy.All(gpu.Vm).Select(table => table.Live)];

        RequestTrace moved = gpu.Move(bo, region: 1, new PhysicalRun(0x50001000, 4 * Page));
        Assert.True(moved.Op.IsRebind);
        Assert.Equal([(0, 2, 4)], Places(moved.Op));
        Assert.Equal(live, TableCopy.All(gpu.Vm).Select(table => table.Live));
        Assert.Equal(0x50001000ul, ByteWalker.Walk(gpu.Vm, 0x2000).Address);
    }

    [Fact]
    [Rule("PT-095")]
    public void A_later_op_of_a_call_sees_the_tables_of_an_earlier_one()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        RequestTrace both = gpu.Run(Map(gpu.SystemPage(), 0x200000), Map(gpu.SystemPage(), 0x201000));
        Assert.Equal([3, 0], both.Tile.Ops.Select(op => op.NewTables.Count));
        Assert.Equal([(3, 0, 1)], Places(both.Tile.Ops[0]));
        Assert.Equal([(0, 1, 1)], Places(both.Tile.Ops[1]));
        Assert.Equal(2, TableCopy.All(gpu.Vm)[^1].Live);
    }

    [Fact]
    [Rule("PT-095")]
    [Rule("PT-096")]
    public void A_map_and_its_unmap_in_one_call_leave_no_table()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        RequestTrace both = gpu.Run(Map(gpu.SystemPage(), 0x200000), Unmap(0x200000, Page));
        Assert.Equal([true, false], both.Tile.Ops.Select(op => op.IsBind));
        Assert.Equal([1, 2, 3], both.Tile.Freed);
        Assert.Equal(["num_live: T0=0"], gpu.Tree());
    }

    [Fact]
    [Rule("PT-095")]
    [Rule("PT-096")]
    public void An_unmap_and_a_new_map_in_one_call_replace_the_tree()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(0x1000), 0x200000));
        RequestTrace both = gpu.Run(Unmap(0x200000, Page), Map(gpu.SystemPage(0x2000), 0x200000));
        Assert.Equal([1, 2, 3], both.Tile.Freed);
        Assert.Equal(["T4(L2)", "T5(L1)", "T6(L0)"], both.Tile.Ops[1].NewTables);
        Assert.Equal(0x2000ul, ByteWalker.Walk(gpu.Vm, 0x200000).Address);
    }

    /// <summary>MAP over an old VMA is an unbind and a bind, whose writes go in this order.</summary>
    [Fact]
    [Rule("PT-159")]
    [Rule("PT-164")]
    public void A_map_over_a_mapping_unbinds_first()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(0x1000), 0x200000), Map(gpu.SystemPage(0x3000), 0x201000));
        RequestTrace over = gpu.Run(Map(gpu.SystemPage(0x2000), 0x200000));
        Assert.Equal([false, true], over.Tile.Ops.Select(op => op.IsBind));
        Assert.Equal(["T3(L0) entry 0 = 0x0", "T3(L0) entry 0 = 0x2003"], over.Tile.Records.Select(record => record.ToString()));
        Assert.False(over.Tile.Ops[1].IsRebind);
    }

    /// <summary>What stays of a VMA of zeros that was cut through a 64 KiB page is empty between the two runs of stores; where the
    /// cut suits the pages nothing is written beside it.</summary>
    [Theory]
    [InlineData(17, "T3(L0) entries 0..31 = 0x0 (x32)", "T3(L0) entries 17..31")]
    [InlineData(16, "T3(L0) entries 0..15 = 0x0 (x16)")]
    [Rule("PT-159")]
    [Rule("PT-164")]
    [Rule("BIND-184")]
    public void What_a_cut_leaves_is_empty_for_a_moment_unless_it_is_kept(int pages, params string[] places)
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(MapNull(0x200000, 32 * Page), Map(gpu.SystemPage(), 0x220000));
        RequestTrace cut = gpu.Run(Unmap(0x200000, (ulong)pages * Page));
        string[] records = [.. cut.Tile.Records.Select(record => record.ToString())];
        Assert.Equal(places.Length, records.Length);
        Assert.All(records.Zip(places), pair => Assert.StartsWith(pair.Second, pair.First));
        Assert.Equal(
            [false, .. Enumerable.Repeat(true, places.Length - 1)], cut.Tile.Ops.Select(op => op.IsBind));
    }

    /// <summary>Seen after an abort, which runs before the shared entry is written.</summary>
    [Fact]
    [Rule("PT-084")]
    [Rule("PT-085")]
    [Rule("PT-163")]
    public void Private_tables_are_filled_while_staging_and_shared_ones_are_not_touched()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(0x1000), 0x200000));
        string[] before = gpu.Tree();
        gpu.Device.Failures.Arm(FailurePoint.Run);

        RequestTrace aborted = gpu.TryRun(Map(gpu.SystemBo(new PhysicalRun(0x2000, 2 * Page)), 0x3ff000));
        Assert.Equal(["T3(L0) entry 511 = 0x2003", "T2(L1) entry 2 = 0x10004003"], aborted.Op.Records.Select(record => record.ToString()));
        Assert.Equal(["T4(L0)"], aborted.Op.NewTables);
        Assert.Equal(0x3003ul, gpu.EntryAt(TestGpu.TableWindow + 0x4000));
        Assert.Equal(before, gpu.Tree());
    }

    [Fact]
    [Rule("PT-086")]
    [Rule("PT-159")]
    public void The_public_report_tells_the_same_records()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), 0x1fe000), Map(gpu.SystemPage(), 0x201000));
        RequestTrace trace = gpu.Run(Map(gpu.SystemBo(new PhysicalRun(0x40000000, 2 * Page)), 0x1ff000));

        TileUpdateInfo update = Assert.Single(gpu.Vm.GetLastRequest().Updates);
        PtOpInfo op = Assert.Single(update.Ops);
        Assert.Equal((1, false), (update.ReservedOps, update.NeedsInvalidation));
        Assert.Equal((trace.Tile.Start, trace.Tile.Last), (update.Start, update.Last));
        Assert.Equal((true, false), (op.IsBind, op.IsRebind));
        Assert.Equal(Places(trace.Op), op.Records.Select(record => (record.Level, record.First, record.Count)));
    }

    private static IEnumerable<(int Level, int First, int Count)> Places(OpTrace op) =>
        op.Records.Select(record => (record.Level, record.First, record.Values.Length));
}
