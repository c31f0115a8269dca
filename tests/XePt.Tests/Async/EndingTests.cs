using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>VMs and clients that end while work is in flight.</summary>
public class EndingTests
{
    [Fact]
    [Rule("BIND-011")]
    [Rule("PT-196")]
    public void A_destroyed_vm_goes_when_its_last_fence_signals()
    {
        using var scene = new AsyncScene();
        uint bo = scene.Bo(Leaf);
        (uint handle, Fence fence) = scene.Pending();
        uint outSync = scene.File.SyncobjCreate();
        scene.Do([In(handle), Out(outSync), UserFence(0x5000, 9)], scene.Map(bo, A, Leaf));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Null(scene.File.FindVm(scene.Vm.Id));
        Assert.True(scene.Device.TablesInUse > 0);

        fence.TrySignal();
        Assert.Equal(0, scene.Device.TablesInUse);
        Assert.Equal(Errno.Ok, scene.File.FindSyncobj(outSync)!.Fence.Error);
        Assert.Equal(9ul, scene.Memory.ReadUInt64(0x5000));
    }

    [Fact]
    [Rule("BIND-015")]
    public void A_closed_vm_refuses_every_operation()
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, Page));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Equal(Errno.EINVAL, scene.Vm.Fault(A));
        Assert.Equal(Errno.ENOENT, scene.Vm.Zap(A));
        Assert.Equal(Errno.ENOENT, scene.Vm.UnbindRange(AddressRange.OfSize(A, Page)));
        Assert.False(scene.Vm.ZapRange(AddressRange.OfSize(A, Page)));
        Assert.False(scene.IsMapped(A));
    }

    [Fact]
    [Rule("BIND-016")]
    public void Closing_the_client_gives_up_what_is_in_flight()
    {
        using var scene = new AsyncScene();
        uint bo = scene.Bo(Leaf);
        (uint handle, Fence fence) = scene.Pending();
        uint outSync = scene.File.SyncobjCreate();
        scene.Do([In(handle), Out(outSync)], scene.Map(bo, A, Leaf));
        scene.Do(Unmap(A, Page));
        Fence done = scene.File.FindSyncobj(outSync)!.Fence;

        scene.File.Dispose();
        Assert.True(done.IsSignalled);
        Assert.Equal(Errno.ECANCELED, done.Error);
        Assert.Equal(0, scene.Device.TablesInUse);
        Assert.All(scene.Device.Memory.Regions, region => Assert.Equal(0ul, region.Allocator.UsedBytes));
        Assert.True(fence.TrySignal());
    }

    [Fact]
    public void Closing_the_client_ends_vms_that_were_destroyed_before()
    {
        using var scene = new AsyncScene();
        scene.BindAfter(Null(A, Page));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        scene.File.Dispose();
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Fact]
    [Rule("CON-004")]
    public void A_zap_needs_an_idle_vm()
    {
        using var scene = new AsyncScene(vmFlags: 6);
        uint bo = scene.Bo(Leaf);
        Fence fence = scene.BindAfter(scene.Map(bo, A, Leaf) with { Flags = VmBindFlags.Immediate });
        Assert.Equal((Errno.EBUSY, "CON-004"), (scene.Vm.Zap(A), scene.Vm.LastRejection.RuleId));
        fence.TrySignal();
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
    }

    [Fact]
    [Rule("CON-009")]
    [Rule("PT-151")]
    [Rule("CON-013")]
    public void The_bind_of_a_fault_comes_after_what_the_vm_has_in_flight()
    {
        using var scene = new AsyncScene(vmFlags: 6);
        uint bo = scene.Bo(Leaf);
        scene.Do(scene.Map(bo, A, Leaf));
        Fence fence = scene.BindAfter(Null(A + (1UL << 40), Page) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate });
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A, out Fence done));
        Assert.False(done.IsSignalled || scene.IsMapped(A));
        fence.TrySignal();
        Assert.True(done.IsSignalled && scene.IsMapped(A));
    }
}
