using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Diagnostics;

/// <summary>The counters of GTs under the driver's names (specification 04 chapter 15).</summary>
public class GtStatisticsTests
{
    private const ulong Free = A + (1UL << 32);

    [Fact]
    [Rule("STA-012")]
    public void Every_invalidation_counts_on_each_GT_that_it_is_sent_to_whatever_its_cause()
    {
        using var scene = new SvmScene(XePlatforms.Bmg);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((0, 0), Sent(scene));
        // A change of the CPU's pages.
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        Assert.Equal((1, 1), Sent(scene));
        // Advice.
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Device));
        Assert.Equal((2, 2), Sent(scene));
        // A BO that moves, and an unbind.
        uint bo = scene.Bo(Size2M, placements: 3);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, Free, Size2M, VmBindFlags.Immediate, bo: bo));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        Assert.Equal((3, 3), Sent(scene));
        Assert.Equal(Errno.Ok, scene.Fault(Free));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, Free, Size2M));
        Assert.Equal((4, 4), Sent(scene));
        Assert.Contains("tlb_inval_count 4", scene.Device.GetGtStatistics(0).ToString());
        Assert.Equal("tlb_inval_count", GtStatistics.Names[(int)GtCounter.TlbInvalCount]);
        Assert.Equal(1, scene.Count(GtCounter.SvmTlbInvalCount));

        // The end of the VM; after counting from nothing.
        scene.Device.GetGtStatistics(0).Clear();
        Assert.Equal((0, 4), Sent(scene));
        scene.Vm.Destroy();
        Assert.Equal((1, 5), Sent(scene));
    }

    [Fact]
    [Rule("STA-012")]
    public void An_invalidation_of_one_tile_counts_there_only()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: other));
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        Assert.Equal((0L, 1L), (scene.Count(GtCounter.TlbInvalCount), scene.Count(GtCounter.TlbInvalCount, other)));
    }

    private static (long Primary, long Media) Sent(SvmScene scene) =>
        (scene.Count(GtCounter.TlbInvalCount), scene.Count(GtCounter.TlbInvalCount, gt: 1));
}
