using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>A tile update from init to commit: hull, what it waits for, tile masks (specification 03 section 13).</summary>
public class TileUpdateTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;

    [Fact]
    [Rule("PT-137")]
    public void The_hull_is_empty_until_something_is_staged()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        RequestTrace nothing = gpu.Run(Map(gpu.SystemPage(), Va));
        Assert.Equal((ulong.MaxValue, 0ul), (nothing.Tile.Start, nothing.Tile.Last));
        Assert.Equal((0, 0, 0, false), (
            nothing.Tile.Ops.Count, nothing.Tile.Freed.Count, nothing.Tile.Update.NewTables.Count, nothing.Tile.NeedsInvalidation));
    }

    /// <summary>The interval of each op is rounded to the entry size of the highest table it changes.</summary>
    [Fact]
    [Rule("PT-142")]
    [Rule("PT-140")]
    public void The_hull_covers_each_op_rounded_to_its_highest_table()
    {
        using var gpu = new TestGpu(XePlatforms.Tgl);
        gpu.Run(Map(gpu.SystemPage(), Va));
        AssertHull(gpu.Run(Map(gpu.SystemPage(), Va + Page)), Va + Page, Va + (2 * Page) - 1);
        AssertHull(gpu.Run(Map(gpu.SystemPage(), Va + (2 * MiB) + Page)), Va + (2 * MiB), Va + (4 * MiB) - 1);
        AssertHull(gpu.Run(Map(gpu.SystemPage(), Va + GiB)), Va + GiB, Va + (2 * GiB) - 1);
        AssertHull(gpu.Run(Unmap(Va + GiB, Page)), Va + GiB, Va + (2 * GiB) - 1);
        AssertHull(gpu.Run(Map(gpu.SystemPage(), TiB)), TiB, TiB + (512 * GiB) - 1);

        // The first op is rounded to 2 MiB, the second, below it, to 4 KiB.
        RequestTrace both = gpu.Run(Map(gpu.SystemPage(), Va + (8 * MiB)), Map(gpu.SystemPage(), Va + (4 * Page)));
        AssertHull(both, Va + (4 * Page), Va + (10 * MiB) - 1);
    }

    [Theory]
    [Rule("PT-151")]
    [InlineData("map", true, false)]
    [InlineData("prefetch", true, false)]
    [InlineData("unmap", false, false)]
    [InlineData("split", false, true)]
    [InlineData("move", false, true)]
    [InlineData("fault", false, true)]
    [InlineData("range", false, true)]
    public void What_an_update_waits_for_depends_on_its_ops(string what, bool kernel, bool bookkeep)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, what is "fault" or "range" ? FaultMode : VmCreateFlags.None);
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x10000, 32 * Page));
        gpu.Run(Map(bo, Va, pat: 2));
        if (what == "range")
            gpu.Run(MapMirror(Va + GiB, GiB));

        RequestTrace trace = what switch
        {
            "map" => gpu.Run(Map(gpu.SystemPage(), Va + MiB)),
            "prefetch" => gpu.Run(Prefetch(Va, 32 * Page)),
            "unmap" => gpu.Run(Unmap(Va, 32 * Page)),
            "split" => gpu.Run(Unmap(Va + Page, Page)),
            "move" => gpu.Move(bo, region: 0, new PhysicalRun(0x100000, 32 * Page)),
            "fault" => gpu.Fault(Va),
            _ => gpu.BindRange(Va + GiB, Va + GiB + Page, isVram: false, new PhysicalRun(0x1000, Page)),
        };
        Assert.NotEmpty(trace.Tile.Ops);
        Assert.Equal((kernel, bookkeep), (trace.Tile.Update.WaitKernel, trace.Tile.Update.WaitBookkeep));
    }

    [Fact]
    [Rule("PT-152")]
    public void Rebinding_a_moved_BO_is_one_update_with_one_op_per_VMA_in_the_order_they_were_made()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.VramBo(new PhysicalRun(0x40001000, Page));
        gpu.Run(Map(bo, Va + (2 * Page)), Map(bo, Va), Map(bo, Va + Page));
        RequestTrace move = gpu.Move(bo, region: 1, new PhysicalRun(0x50001000, Page));
        Assert.Equal([2, 0, 1], move.Tile.Records.Select(record => record.First));
        Assert.All(move.Tile.Ops, op => Assert.True(op is { IsBind: true, IsRebind: true }));
    }

    [Fact]
    [Rule("PT-153")]
    public void Tile_masks_follow_bind_zap_fault_and_split()
    {
        using var gpu = new TestGpu(XePlatforms.Pvc2T, FaultMode);
        XeBo bo = gpu.SystemBo(new PhysicalRun(0x100000, 4 * MiB));
        gpu.Run(Map(bo, Va, gpu.WriteBack));
        AssertMasks(gpu, Va, staged: 0, present: 0, invalidated: 0);
        gpu.Fault(Va);
        AssertMasks(gpu, Va, staged: 0, present: 3, invalidated: 0);
        gpu.Vm.Zap(Va);
        AssertMasks(gpu, Va, staged: 0, present: 3, invalidated: 3);
        gpu.Fault(Va);
        AssertMasks(gpu, Va, staged: 0, present: 3, invalidated: 0);
        gpu.Run(Unmap(Va + (2 * MiB), 2 * MiB));
        AssertMasks(gpu, Va, staged: 0, present: 3, invalidated: 0);
        gpu.Run(Unmap(Va + 0x10000, 0x10000));
        AssertMasks(gpu, Va, staged: 0, present: 3, invalidated: 0);
        AssertMasks(gpu, Va + 0x20000, staged: 0, present: 3, invalidated: 0);
    }

    [Fact]
    [Rule("PT-153")]
    [Rule("PT-122")]
    public void A_prefetch_makes_a_zapped_mapping_valid_again()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2, VmBindFlags.Immediate));
        gpu.Vm.Zap(Va);
        RequestTrace prefetch = gpu.Run(Prefetch(Va, Page));
        Assert.True(prefetch.Op.IsRebind);
        AssertMasks(gpu, Va, staged: 0, present: 1, invalidated: 0);
        Assert.True(ByteWalker.Walk(gpu.Vm, Va).IsPresent);
    }

    private static void AssertHull(RequestTrace trace, ulong start, ulong last) =>
        Assert.Equal((start, last), (trace.Tile.Start, trace.Tile.Last));

    private static void AssertMasks(TestGpu gpu, ulong va, int staged, int present, int invalidated)
    {
        VmaInfo vma = gpu.VmaAt(va);
        Assert.Equal((staged, present, invalidated), ((int)vma.TileStaged, (int)vma.TilePresent, (int)vma.TileInvalidated));
        Assert.Equal((1 << gpu.Device.Platform.TileCount) - 1, vma.TileMask);
    }
}
