using XePt.Bench;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>Binds that wait allocate nothing once their pools are warm.</summary>
public class AsyncAllocationTests
{
    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    public void A_deferred_bind_and_unbind(DriveMode drive)
    {
        using var scene = new AsyncScene(drive: drive);
        uint bo = scene.Bo(Leaf), handle = scene.File.SyncobjCreate(), outSync = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [In(handle), Out(outSync), UserFence(0x5000, 1)];
        DrmXeVmBindOp map = scene.Map(bo, A, Leaf), unmap = Unmap(A, Leaf);
        for (int i = 0; i < 200; i++)
            Round();
        Assert.Equal(0, Allocations.Of(100, Round));

        void Round()
        {
            Fence fence = scene.Device.CreateFence("test");
            scene.File.SyncobjAttach(handle, fence);
            Call(map);
            Call(unmap with { Flags = 0 });
            fence.TrySignal();
            scene.Device.Pump();
        }

        void Call(in DrmXeVmBindOp op)
        {
            var args = new DrmXeVmBind { VmId = scene.Vm.Id, NumBinds = 1, Bind = op, NumSyncs = op.Op == VmBindOp.Map ? 2u : 3u };
            Errno errno = scene.File.VmBind(args, default, syncs.AsSpan(0, (int)args.NumSyncs));
            if (errno != Errno.Ok)
                throw new InvalidOperationException($"{errno}");
        }
    }
}
