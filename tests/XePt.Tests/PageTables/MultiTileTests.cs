using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>Two tiles: PT-011, and what PT-148 says about errors.</summary>
public class MultiTileTests
{
    private const ulong Va = 0x40000000;

    [Fact]
    [Rule("PT-011")]
    public void Each_tile_has_tables_of_its_own_with_the_same_leaves()
    {
        using TestGpu gpu = Bound();
        Assert.NotEqual(gpu.Vm.RootAddress(0), gpu.Vm.RootAddress(1));
        Assert.Equal(LeafCensus.Of(gpu.Vm, 0), LeafCensus.Of(gpu.Vm, 1));
        for (ulong va = Va - (64 * KiB); va < Va + (4 * MiB); va += Page)
            Assert.Equal(ByteWalker.Walk(gpu.Vm, va, tile: 0), ByteWalker.Walk(gpu.Vm, va, tile: 1));

        IEnumerable<TableCopy> tables = Enumerable.Range(0, 2).SelectMany(tile => TableCopy.All(gpu.Vm, tile));
        ulong[] addresses = [.. tables.Select(table => table.DeviceAddress)];
        Assert.Equal(addresses.Length, addresses.Distinct().Count());
        Assert.Equal(2, gpu.Vm.Context.Jobs.RangeFences.Distinct().Count());
    }

    [Fact]
    [Rule("PT-011")]
    [Rule("PT-030")]
    public void Both_tiles_see_the_VRAM_of_either()
    {
        using var gpu = new TestGpu(XePlatforms.Pvc2T);
        XeBo[] bos = [.. Enumerable.Range(1, 2).Select(region => gpu.Bo(7, region, new PhysicalRun(0x200000, 2 * MiB)))];
        gpu.Run(Map(bos[0], Va, gpu.WriteBack), Map(bos[1], Va + (2 * MiB), gpu.WriteBack));
        for (int tile = 0; tile < 2; tile++)
        {
            Assert.Equal((128 * GiB) + 0x200000, ByteWalker.Walk(gpu.Vm, Va, tile).Address);
            Assert.Equal((192 * GiB) + 0x200000, ByteWalker.Walk(gpu.Vm, Va + (2 * MiB), tile).Address);
        }
    }

    [Fact]
    [Rule("PT-121")]
    [Rule("PT-148")]
    public void Every_op_is_staged_and_committed_on_every_tile()
    {
        using var gpu = new TestGpu(XePlatforms.Pvc2T);
        RequestTrace map = gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack), Map(gpu.SystemPage(), Va + Page, gpu.WriteBack));
        Assert.All(map.Tiles, tile => Assert.Equal((2, 2), (tile.ReservedOps, tile.Ops.Count)));
        Assert.Equal(2, gpu.Vm.GetLastRequest().Updates.Count);
        Assert.Equal((2L, 3), (gpu.Vm.Counters.Commits, gpu.VmaAt(Va).TilePresent));

        RequestTrace unmap = gpu.Run(Unmap(Va, 2 * Page));
        Assert.All(unmap.Tiles, tile => Assert.Equal([1, 2, 3, 4], tile.Freed));
        Assert.Equal(2, gpu.Device.TablesInUse);
    }

    [Theory]
    [Rule("PT-147")]
    [Rule("PT-148")]
    [InlineData(FailurePoint.Prepare, 0)]
    [InlineData(FailurePoint.Prepare, 1)]
    [InlineData(FailurePoint.Run, 0)]
    public void A_failure_on_one_tile_takes_back_both(FailurePoint point, int tile)
    {
        using TestGpu gpu = Bound();
        string[] before = VmImage.Of(gpu);
        DrmXeVmBindOp[] calls = [Map(gpu.SystemPage(), Va + GiB, gpu.WriteBack), Unmap(Va, 2 * MiB), Unmap(Va + (64 * KiB), 64 * KiB)];
        foreach (DrmXeVmBindOp op in calls)
        {
            gpu.Device.Failures.Arm(point, skip: tile);
            Assert.Equal(Errno.ENOSPC, gpu.TryRun(op).Error);
            Assert.Equal(before, VmImage.Of(gpu));
        }

        gpu.Run(Unmap(0, gpu.Vm.Size));
        Assert.Equal(2, gpu.Device.TablesInUse);
    }

    /// <summary>Another tile may have been updated already, so the VM takes no more binds.</summary>
    [Fact]
    [Rule("PT-145")]
    public void A_failure_while_running_on_the_second_tile_bans_the_VM()
    {
        using TestGpu gpu = Bound();
        string[] before = VmImage.Of(gpu);
        gpu.Device.Failures.Arm(FailurePoint.Run, skip: 1);
        Assert.Equal(Errno.ENOSPC, gpu.TryRun(Unmap(Va, 2 * MiB)).Error);
        Assert.Equal(before, VmImage.Of(gpu));
        Assert.Equal(Errno.ENOENT, gpu.TryRun(Unmap(Va, 2 * MiB)).Error);
        Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
        Assert.Equal(0, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-011")]
    [Rule("PT-117")]
    public void A_zap_works_on_both_tiles_and_flushes_once()
    {
        using TestGpu gpu = Bound(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        gpu.Vm.Zap(Va);
        Assert.Equal(1, gpu.Vm.Counters.ZapInvalidations);
        Assert.All(Enumerable.Range(0, 2), tile => Assert.False(ByteWalker.Walk(gpu.Vm, Va, tile).IsPresent));
        RequestTrace fault = gpu.Fault(Va);
        Assert.All(fault.Tiles, tile => Assert.True(tile.Ops.Single().IsRebind));
        Assert.All(Enumerable.Range(0, 2), tile => Assert.True(ByteWalker.Walk(gpu.Vm, Va, tile).IsPresent));
    }

    private static TestGpu Bound(VmCreateFlags mode = VmCreateFlags.None)
    {
        var gpu = new TestGpu(XePlatforms.Pvc2T, mode);
        XeBo bo = gpu.Bo(7, region: 1, new(0x200000, 2 * MiB), new(0x610000, 2 * MiB));
        gpu.Run(
            Map(bo, Va, gpu.WriteBack, VmBindFlags.Immediate),
            Map(gpu.SystemBo(new PhysicalRun(0x10000, 64 * KiB)), Va - (64 * KiB), gpu.WriteBack, VmBindFlags.Immediate));
        return gpu;
    }
}
