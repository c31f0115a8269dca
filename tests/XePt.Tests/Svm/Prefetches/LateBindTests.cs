using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Prefetches of mirrors behind something in flight (specification 04 chapter 11).</summary>
public class LateBindTests
{
    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    [Rule("PFT-012")]
    public void What_is_prefetched_behind_something_in_flight_is_bound_when_that_is_over(DriveMode drive)
    {
        using var scene = new SvmScene(drive: drive);
        scene.Map(A, 3 * Size2M);
        Fence fence = scene.Device.CreateFence("test");
        Assert.Equal(Errno.Ok, scene.BindAfter(fence, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Obj = scene.Bo(Size2M),
            Addr = A + (32 * Size2M),
            Range = Size2M,
            Flags = VmBindFlags.Immediate,
        }));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 2 * Size2M, region: 1));
        Assert.Equal((2, true, 0), (scene.Ranges.Count, scene.IsInVram(A), scene.RangeAt(A).TilePresent));

        // Pages that have changed meanwhile are left to the first access, and so are ranges that are gone.
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        fence.TrySignal();
        scene.Device.Pump();
        Assert.Equal((0, 1), (scene.RangeAt(A).TilePresent, scene.RangeAt(A + Size2M).TilePresent));
        Assert.Equal(0, scene.Count(GtCounter.SvmPagefaultCount));
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    [Fact]
    [Rule("PFT-012")]
    public void A_prefetch_that_waits_for_fences_itself_is_bound_when_they_have_signalled()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Fence fence = scene.Device.CreateFence("test");
        PrefetchAfter(scene, fence, A, Size2M);
        Assert.Equal((true, 0), (scene.IsInVram(A), scene.RangeAt(A).TilePresent));
        scene.Map(A + (8 * Size2M), Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A + (8 * Size2M)));
        Assert.Equal(0, scene.RangeAt(A).TilePresent);
        fence.TrySignal();
        Assert.Equal(1, scene.RangeAt(A).TilePresent);
    }

    [Fact]
    [Rule("PFT-012")]
    [Rule("SVM-161")]
    public void A_vm_that_ends_first_binds_nothing_any_more()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Fence fence = scene.Device.CreateFence("test");
        PrefetchAfter(scene, fence, A, Size2M);
        scene.Vm.Destroy();
        fence.TrySignal();
        Assert.Equal(0, scene.Process.SubscriptionCount);

        using var banned = new SvmScene();
        banned.Map(A, Size2M);
        fence = banned.Device.CreateFence("test");
        PrefetchAfter(banned, fence, A, Size2M);
        banned.Vm.Context.Ban();
        fence.TrySignal();
        Assert.Equal(0, banned.RangeAt(A).TilePresent);
    }

    private static void PrefetchAfter(SvmScene scene, Fence fence, ulong start, ulong size) => Assert.Equal(
        Errno.Ok,
        scene.BindAfter(fence, new DrmXeVmBindOp { Op = VmBindOp.Prefetch, Addr = start, Range = size, PrefetchMemRegionInstance = 1 }));
}
