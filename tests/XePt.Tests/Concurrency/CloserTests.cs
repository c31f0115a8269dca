using XePt.Devices;
using XePt.Evict;
using XePt.Pipeline;
using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Concurrency;

/// <summary>Several threads close the same object, or one closes what another one is about to use: exactly one closer has it, and the other
/// call finds it whole or gone.</summary>
public class CloserTests
{
    private const int Rounds = 400;

    public static TheoryData<string> Closers => ["vm", "bo", "syncobj", "queue"];

    [Theory]
    [MemberData(nameof(Closers))]
    [Rule("BIND-274")]
    public void One_of_two_closers_succeeds(string what)
    {
        using var scene = new BindScene(vmFlags: 0);
        XeFile file = scene.File;
        for (int round = 0; round < Rounds; round++)
        {
            (Func<Errno> close, Errno loser) = What(scene, what);
            Errno[] results = new Errno[2];
            Together.Run(() => results[0] = close(), () => results[1] = close());
            Assert.Equal([loser, Errno.Ok], results.Order());
        }

        file.Dispose();
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    /// <summary>Both have found the VM before either is inside.</summary>
    [Fact]
    [Rule("BIND-009")]
    public void A_vm_is_taken_apart_once_however_many_destroy_it()
    {
        using var scene = new BindScene(vmFlags: 0);
        XeVm victim = scene.CreateVm(0);
        Errno[] results = new Errno[3];
        Thread[] threads = [
            .. results.Select((_, i) => new Thread(() => results[i] = scene.File.VmDestroy(new DrmXeVmDestroy { VmId = victim.Id })))];
        Together.WhileInside(victim, () =>
        {
            foreach (Thread thread in threads)
                thread.Start();
            Assert.False(threads[0].Join(50));
        });
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal([Errno.ENOENT, Errno.ENOENT, Errno.Ok], results.Order());
        Assert.Equal([scene.Vm], scene.File.Vms);
    }

    [Fact]
    [Rule("BIND-010")]
    [Rule("BIND-274")]
    public void A_queue_joins_a_preempt_fence_vm_or_the_vm_is_destroyed_but_not_both()
    {
        using var scene = new BindScene(vmFlags: 0);
        for (int round = 0; round < Rounds; round++)
        {
            XeVm vm = scene.CreateVm((uint)VmCreateFlags.LrMode);
            (Errno made, Errno destroyed, uint queue) = (Errno.Ok, Errno.Ok, 0u);
            Together.Run(
                () =>
                {
                    DrmXeExecQueueCreate args = QueueOps.Args(vm.Id);
                    made = scene.File.ExecQueueCreate(ref args, QueueOps.Engine(EngineClass.Copy));
                    queue = args.ExecQueueId;
                },
                () => destroyed = scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }));
            Assert.Contains((made, destroyed), new[] { (Errno.Ok, Errno.EBUSY), (Errno.ENOENT, Errno.Ok) });
            if (made != Errno.Ok)
                continue;
            Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = queue }));
            Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }));
        }
    }

    /// <summary>The VM ended between a call's first attempt and its second one inside all VMs.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_call_that_starts_again_is_inside_its_vm_even_when_that_has_ended(bool staysInIt)
    {
        using var scene = new BindScene(vmFlags: 0);
        XeVm ended = scene.CreateVm(0);
        VmContext context = ended.Context;
        AllVms vms = scene.Device.Residency.Vms;
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = ended.Id }));
        Assert.DoesNotContain(context, vms.Vms);

        using (vms.Enter(with: context, staysInIt))
            Assert.Equal((true, true), (context.Writer.IsHeldHere, scene.Vm.Context.Writer.IsHeldHere));
        Assert.Equal((staysInIt, false), (context.Writer.IsHeldHere, scene.Vm.Context.Writer.IsHeldHere));
        if (staysInIt)
            context.Writer.Exit();
        Assert.True(context.Writer.IsFree);
    }

    [Fact]
    public void A_rebind_that_starts_again_after_its_vm_ended_leaves_no_gate_locked()
    {
        using var scene = new EvictScene(vmFlags: 0);
        XeVm other = scene.Scene.CreateVm(0);
        for (int round = 0; round < Rounds; round++)
        {
            XeVm vm = scene.Scene.CreateVm(0);
            uint bo = scene.Bo(2 * EvictScene.MiB);
            scene.Map(vm, bo, BindScene.A);
            Assert.Equal(Errno.Ok, scene.File.EvictBo(bo));
            // Coming back needs all VMs, and the third thread is often in the other one.
            Together.Run(
                () => vm.RebindEvicted(),
                () => scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }),
                () =>
                {
                    for (int i = 0; i < 20; i++)
                        other.Zap(0);
                });
            Assert.True(vm.Context.Writer.IsFree);
            scene.File.GemClose(bo);
        }

        Assert.Equal((0ul, 0ul), (scene.VramUsed, scene.SystemUsed));
    }

    /// <summary>Calls that are under way when the file, or the whole device, goes.</summary>
    [Theory]
    [InlineData("file")]
    [InlineData("device")]
    public void What_is_closed_under_running_calls_takes_what_they_made_with_it(string what)
    {
        for (int round = 0; round < 60; round++)
        {
            var device = new XeDevice(XePlatforms.Bmg);
            XeFile file = device.OpenFile();
            Action close = what == "file" ? file.Dispose : device.Dispose;
            Together.Run(() => Work(file), () => Work(file), close, close);
            Assert.Empty(file.Vms);
            Assert.Empty(file.Bos);
            Assert.Empty(file.Queues);
            file.Dispose();
            Assert.Equal(0, device.TablesInUse);
            // The allocators of a device that is gone count no more.
            Assert.True(what == "device" || device.Memory.Regions[0].Allocator.UsedBytes == 0);
            Assert.Empty(device.Residency.Vms.Vms);
            device.Dispose();
        }
    }

    private static void Work(XeFile file)
    {
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                var vm = new DrmXeVmCreate { Flags = (VmCreateFlags)(i % 2 * 2) };
                file.VmCreate(ref vm);
                var gem = new DrmXeGemCreate
                {
                    Size = 1 << 16,
                    Placement = 1,
                    CpuCaching = CpuCaching.WriteBack,
                    VmId = i % 3 == 0 ? vm.VmId : 0
                };
                file.GemCreate(ref gem);
                file.VmBind(new DrmXeVmBind { VmId = vm.VmId, NumBinds = 1, Bind = Op.Map(gem.Handle, BindScene.A, 1 << 16) });
                DrmXeExecQueueCreate queue = QueueOps.Args(vm.VmId);
                file.ExecQueueCreate(ref queue, QueueOps.Engine(EngineClass.Copy));
                file.MapCpuMemory((ulong)i << 12, new PhysicalRun(0x8000, 0x1000));
                file.FindVm(vm.VmId)?.GetVmas();
                file.MoveBo(gem.Handle, 0);
                file.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = queue.ExecQueueId });
                file.GemClose(gem.Handle);
                file.VmDestroy(new DrmXeVmDestroy { VmId = vm.VmId });
            }
        }
        catch (ObjectDisposedException)
        {
            // That is how the calls end.
        }
    }

    private static (Func<Errno> Close, Errno Loser) What(BindScene scene, string what)
    {
        XeFile file = scene.File;
        switch (what)
        {
            case "vm":
                uint vm = scene.CreateVm(0).Id;
                return (() => file.VmDestroy(new DrmXeVmDestroy { VmId = vm }), Errno.ENOENT);
            case "bo":
                uint bo = scene.Bo("X", 1 << 16);
                return (() => file.GemClose(bo), Errno.EINVAL);
            case "syncobj":
                uint sync = file.SyncobjCreate();
                return (() => file.SyncobjDestroy(sync), Errno.EINVAL);
            default:
                uint queue = file.Queue(scene.Vm.Id).Id;
                return (() => file.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = queue }), Errno.ENOENT);
        }
    }
}
