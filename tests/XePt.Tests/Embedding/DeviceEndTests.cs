using System.Runtime.CompilerServices;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Concurrency;
using XePt.Tests.Evict;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>Nothing of a disposed device stays: its table memory goes with the last reader, and no thread keeps the device
/// itself.</summary>
public class DeviceEndTests
{
    private const ulong Va = 0x1_0000_0000;

    [Fact]
    public void The_walker_that_leaves_last_frees_the_tables_of_a_disposed_device()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Map(scene.Bo("X", 0x1000), Va, 0x1000));
        XeWalker first = scene.Vm.OpenWalker(), second = scene.Vm.OpenWalker();
        Assert.True(first.Translate(Va).IsPresent);
        scene.Device.Dispose();
        Assert.True(TableBytes(scene.Device) > 0);
        first.Dispose();
        first.Dispose();
        Assert.True(TableBytes(scene.Device) > 0);
        Assert.False(scene.Vm.Translate(Va).IsPresent);
        second.Dispose();
        Assert.Equal(0, TableBytes(scene.Device));
        Assert.False(scene.Vm.Translate(Va).IsPresent);
    }

    [Fact]
    public void A_pin_keeps_the_tables_of_a_disposed_device_until_it_is_lifted()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Map(scene.Bo("X", 0x1000), Va, 0x1000));
        IGpuMemory memory = scene.Vm.GetTableMemory();
        ulong root = scene.Vm.RootAddress();
        using (scene.Device.EnterWalk())
        {
            scene.Device.Dispose();
            Assert.True(memory.TryReadEntry(root, out _));
        }

        Assert.False(memory.TryReadEntry(root, out _));
        Assert.Equal(0, TableBytes(scene.Device));
    }

    [Fact]
    public void A_tlb_that_has_not_answered_frees_them_when_it_does()
    {
        using var scene = new BindScene(vmFlags: 0);
        var tlb = new SilentTlb();
        TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        scene.Do(Op.Map(scene.Bo("X", 0x1000), Va, 0x1000));
        scene.Do(Op.Unmap(Va, 0x1000));
        scene.Device.Dispose();
        Assert.True(TableBytes(scene.Device) > 0);
        registration.Acknowledge(tlb.Last);
        Assert.Equal(0, TableBytes(scene.Device));
    }

    [Fact]
    public void Readers_that_leave_while_the_device_is_disposed_leave_nothing_behind()
    {
        for (int round = 0; round < 300; round++)
        {
            using var scene = new BindScene(vmFlags: 0);
            scene.Do(Op.Map(0, Va, 0x1000, flags: VmBindFlags.Null));
            XeVm vm = scene.Vm;
            XeWalker walker = vm.OpenWalker();
            Together.Run(
                () =>
                {
                    for (int i = 0; i < 50; i++)
                        vm.Translate(Va);
                },
                walker.Dispose,
                scene.Device.Dispose);
            Assert.Equal(0, TableBytes(scene.Device));
        }
    }

    [Fact]
    public void A_thread_that_has_used_a_device_does_not_keep_it_alive()
    {
        WeakReference[] devices = [Use(DriveMode.Inline), Use(DriveMode.Queued)];
        // Who makes a device or reads meters looks at all of them, and may be stopped with one in its hands: so again, until it is gone.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !devices.Any(device => device.IsAlive);
            },
            TimeSpan.FromMinutes(1)));
    }

    /// <summary>Evicts, waits, submits and looks up with everything pending.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Use(DriveMode drive)
    {
        var options = new XeDeviceOptions { Drive = drive, JobSink = new ManualJobSink() };
        var device = new XeDevice(XePlatforms.Bmg with { VramBytesPerTile = 16 * EvictScene.MiB }, options);
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        var gem = new DrmXeGemCreate { Size = 1 << 20, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, file.GemCreate(ref gem));
        uint first = file.SyncobjCreate(), second = file.SyncobjCreate();
        file.SyncobjAttach(first, device.CreateFence("one"), 1);
        file.SyncobjAttach(first, device.CreateFence("two"), 2);
        Assert.Equal(Errno.Ok, file.SyncobjFence(first, 2, out _));
        Assert.Equal(Errno.Ok, file.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = first, SrcPoint = 2, DstHandle = second }));
        var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, NumSyncs = 1, Bind = Op.Map(gem.Handle, Va, 1 << 20) };
        Assert.Equal(Errno.Ok, file.VmBind(bind, syncs: [Op.In(second)]));
        Assert.Equal(Errno.Ok, file.Exec(ExecScene.Args(file.Queue(create.VmId))));
        Assert.Equal(Errno.Ok, device.EvictAll());
        device.Pump();
        file.SyncobjReset(first, second);
        file.SyncobjSignal(first);
        DrmSyncobjWait args = Syncs.SyncScene.WaitArgs(long.MaxValue, SyncobjWaitFlags.ForSubmit, second);
        ValueTask<Errno> wait = file.SyncobjWaitAsync(args, [second]);
        device.Dispose();
        Assert.True(wait.IsCompleted);
        return new WeakReference(device);
    }

    private static long TableBytes(XeDevice device) => device.Memory.Pools.Sum(pool => pool.HeldBytes);

    private sealed class SilentTlb : ITlbClient
    {
        public ulong Last { get; private set; }

        public void Invalidate(in TlbInvalidation invalidation) => Last = invalidation.Seqno;
    }
}
