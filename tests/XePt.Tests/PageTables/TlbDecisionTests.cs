using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>When an update flushes the TLB, advances the VM's flush counter, or does neither (PT-176 to PT-178, PT-187).</summary>
public class TlbDecisionTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;

    [Theory]
    [Rule("PT-176")]
    [InlineData(VmCreateFlags.None, false)]
    [InlineData(VmCreateFlags.LrMode, false)]
    [InlineData(FaultMode, false)]
    [InlineData(VmCreateFlags.ScratchPage, false)]
    [InlineData(VmCreateFlags.ScratchPage | VmCreateFlags.LrMode, true)]
    [InlineData(VmCreateFlags.ScratchPage | FaultMode, true)]
    public void A_first_bind_flushes_only_in_a_long_running_scratch_VM(VmCreateFlags mode, bool flushes)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, mode);
        Assert.Equal(flushes, gpu.Run(Map(gpu.SystemPage(), Va, pat: 2, VmBindFlags.Immediate)).Tile.NeedsInvalidation);
        Assert.Equal(0ul, gpu.Vm.TlbFlushSeqno);
    }

    [Theory]
    [Rule("PT-176")]
    [InlineData(VmCreateFlags.None, 1)]
    [InlineData(VmCreateFlags.ScratchPage, 1)]
    [InlineData(VmCreateFlags.LrMode, 0)]
    [InlineData(VmCreateFlags.ScratchPage | VmCreateFlags.LrMode, 0)]
    [InlineData(FaultMode, 0)]
    public void A_rebind_advances_the_flush_counter_unless_long_running(VmCreateFlags mode, ulong advance)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, mode);
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2, VmBindFlags.Immediate), Map(gpu.SystemPage(), Va + Page, pat: 2, VmBindFlags.Immediate));
        RequestTrace rebind = gpu.Run(Prefetch(Va, Page));
        Assert.True(rebind.Op.IsRebind);
        Assert.False(rebind.Tile.NeedsInvalidation);
        Assert.Equal(advance, gpu.Vm.TlbFlushSeqno);
        gpu.Run(Prefetch(Va, 2 * Page));
        Assert.Equal(3 * advance, gpu.Vm.TlbFlushSeqno);
    }

    [Theory]
    [Rule("PT-176")]
    [Rule("PT-140")]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.ScratchPage)]
    [InlineData(VmCreateFlags.LrMode)]
    [InlineData(FaultMode)]
    [InlineData(FaultMode | VmCreateFlags.ScratchPage)]
    public void An_unbind_always_flushes(VmCreateFlags mode)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, mode);
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2, VmBindFlags.Immediate));
        if ((mode & VmCreateFlags.FaultMode) != 0)
            gpu.Vm.Zap(Va);
        Assert.True(gpu.Run(Unmap(Va, Page)).Tile.NeedsInvalidation);
    }

    [Theory]
    [Rule("PT-178")]
    [InlineData("tgl", 1)]
    [InlineData("pvc", 1)]
    [InlineData("pvc-2t", 2)]
    [InlineData("mtl", 2)]
    [InlineData("lnl", 2)]
    [InlineData("bmg", 2)]
    public void A_flush_goes_to_every_GT_of_every_tile(string platform, long gts)
    {
        using var gpu = new TestGpu(platform);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        Assert.Equal(0, gpu.Vm.Counters.RequestInvalidations);
        gpu.Run(Unmap(Va, Page));
        Assert.Equal(gts, gpu.Vm.Counters.RequestInvalidations);
    }

    [Theory]
    [Rule("PT-176")]
    [Rule("PT-139")]
    [InlineData(FaultMode)]
    [InlineData(FaultMode | VmCreateFlags.ScratchPage)]
    public void A_range_bind_never_flushes(VmCreateFlags mode)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, mode);
        gpu.Run(MapMirror(Va, GiB));
        var pages = new PhysicalRun(0x10000, 64 * KiB);
        Assert.False(gpu.BindRange(Va, Va + (64 * KiB), isVram: true, pages).Tile.NeedsInvalidation);
        RequestTrace again = gpu.BindRange(Va, Va + (64 * KiB), isVram: true, pages);
        Assert.Equal((true, false), (again.Op.IsRebind, again.Tile.NeedsInvalidation));
        Assert.Equal(0ul, gpu.Vm.TlbFlushSeqno);
    }

    /// <summary>The range is one of two in its tables, so that the level of the one record is that of the entry it leaves behind.</summary>
    [Theory]
    [Rule("PT-176")]
    [Rule("PT-177")]
    [Rule("PT-141")]
    [InlineData("still valid", false, false, 64 * KiB, 64 * KiB, true)]
    [InlineData("scratch VM", true, true, 64 * KiB, 64 * KiB, true)]
    [InlineData("zapped, level 0", false, true, 64 * KiB, 64 * KiB, false)]
    [InlineData("zapped, level 1, all of 2 MiB", false, true, 2 * MiB, 2 * MiB, false)]
    [InlineData("zapped, level 1, less than 2 MiB", false, true, 64 * KiB, 2 * MiB, true)]
    [InlineData("zapped, level 2", false, true, 64 * KiB, GiB, true)]
    [Rule("HST-033")]
    [Rule("SVM-163")]
    public void A_range_unbind_may_skip_the_flush_after_a_zap(
        string why, bool scratch, bool zapped, ulong size, ulong distance, bool flushes)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, scratch ? FaultMode | VmCreateFlags.ScratchPage : FaultMode);
        gpu.Run(MapMirror(Va, 4 * GiB));
        gpu.BindRange(Va, Va + size, isVram: true, new PhysicalRun(0x200000, size));
        gpu.BindRange(Va + distance, Va + distance + size, isVram: true, new PhysicalRun(0x600000, size));
        if (zapped)
            Assert.True(gpu.Vm.ZapRange(AddressRange.OfSize(Va, size)));
        Assert.True(flushes == gpu.UnbindRange(Va, Va + size).Tile.NeedsInvalidation, why);
    }

    [Fact]
    [Rule("PT-177")]
    public void A_range_unbind_with_several_records_flushes()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapMirror(0, GiB));
        gpu.BindRange(0x1f0000, 0x1ff000, isVram: false, new PhysicalRun(0x1000, 15 * Page));
        gpu.BindRange(0x201000, 0x210000, isVram: false, new PhysicalRun(0x1000, 15 * Page));
        gpu.BindRange(0x1ff000, 0x201000, isVram: false, new PhysicalRun(0x1000, 2 * Page));
        gpu.Vm.ZapRange(new(0x1ff000, 0x201000));
        RequestTrace unbind = gpu.UnbindRange(0x1ff000, 0x201000);
        Assert.Equal((2, true), (unbind.Op.Records.Count, unbind.Tile.NeedsInvalidation));
    }

    [Fact]
    [Rule("PT-187")]
    [Rule("PT-141")]
    public void Nothing_is_flushed_where_nothing_was_mapped()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.SystemPage(), Va));
        gpu.Run(Unmap(Va, Page));
        gpu.Run(MapMirror(Va, GiB));
        gpu.Run(Unmap(Va, GiB));
        gpu.UnbindRange(Va, Va + Page);
        gpu.Run(Unmap(Va, Page));
        VmCounters counters = gpu.Vm.Counters;
        Assert.Equal((0L, 0L, 0L), (counters.RequestInvalidations, counters.ZapInvalidations, counters.RangeInvalidations));
    }
}
