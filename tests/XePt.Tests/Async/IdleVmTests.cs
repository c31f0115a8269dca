using XePt.Devices;
using XePt.Pipeline;
using XePt.Tests.Concurrency;
using XePt.Tests.Kit;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>A VM gives back what it has put off when its fence signals, its TLBs acknowledge or the last walker leaves; no call on the VM
/// follows.</summary>
public class IdleVmTests
{
    private const ulong Word = 0x5000;
    private const ulong Cpu = 0x7f00_0000_0000;

    [Theory]
    [InlineData(DriveMode.Inline, false)]
    [InlineData(DriveMode.Queued, false)]
    [InlineData(DriveMode.Queued, true)]
    [Rule("BIND-229")]
    [Rule("PT-096")]
    [Rule("PT-061")]
    public void Memory_and_tables_of_a_removed_mapping_go_when_its_unbind_completes(DriveMode drive, bool isSingleThreaded)
    {
        using var scene = new AsyncScene(drive: drive, singleThreaded: isSingleThreaded);
        (int tables, ulong used) = InUse(scene.Device);
        uint bo = scene.Bo(Leaf);
        scene.Do(scene.Map(bo, A, Leaf));
        scene.File.GemClose(bo);
        Fence fence = scene.BindAfter(Unmap(A, Leaf));
        Assert.True(InUse(scene.Device) is var held && held.Tables > tables && held.Bytes > used);
        fence.TrySignal();
        if (drive == DriveMode.Queued)
            Assert.NotEqual(0, scene.Device.Pump());
        Assert.Equal((tables, used), InUse(scene.Device));
        Assert.Equal(0, scene.Vm.Context.Jobs.PendingCount);
    }

    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    [Rule("BIND-252")]
    public void The_slot_of_a_user_fence_goes_when_it_is_written(DriveMode drive)
    {
        using var scene = new AsyncScene(drive: drive);
        scene.Do(Null(A, Page));
        (uint handle, Fence fence) = scene.Pending();
        scene.Do([In(handle), UserFence(Word, 7)], Unmap(A, Page));
        Assert.Equal(1, scene.Vm.Context.UserFences.Count);
        fence.TrySignal();
        if (drive == DriveMode.Queued)
            scene.Device.Pump();
        VmContext vm = scene.Vm.Context;
        Assert.Equal((0, 0, 7ul), (vm.UserFences.Count, vm.UserFenceJobs.PendingCount, scene.Memory.ReadUInt64(Word)));
    }

    [Fact]
    [Rule("BIND-229")]
    public void Pages_of_a_userptr_are_unpinned_when_its_unbind_completes()
    {
        using var scene = new AsyncScene();
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x3000_0000, Page)));
        scene.Do(BindOps.MapUserptr(Cpu, A, Page, (int)scene.Device.Platform.Pat.IndexWriteBack));
        Fence fence = scene.BindAfter(Unmap(A, Page));
        Assert.Equal(1, scene.Vm.Context.Vmas.Deferred.Count);
        fence.TrySignal();
        Assert.Equal(0, scene.Vm.Context.Vmas.Deferred.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("PT-173")]
    public void Displaced_tables_go_when_the_TLB_has_really_acknowledged(bool timesOut)
    {
        using var scene = new AsyncScene();
        (int tables, _) = InUse(scene.Device);
        var client = new RecordingTlb(acknowledges: false);
        using TlbRegistration registration = scene.Device.Tlb.Register(0, client);
        if (timesOut)
            scene.Device.Tlb.WaitLimit = TimeSpan.Zero;
        scene.Do(Null(A, Page));
        foreach (TlbInvalidation early in client.Received)
            early.Acknowledge();
        scene.Do(Unmap(A, Page));
        (int held, _) = InUse(scene.Device);
        Assert.True(held > tables);
        client.Last.Acknowledge();
        Assert.Equal((tables, 0), (InUse(scene.Device).Tables, scene.Vm.Context.Jobs.PendingCount));
    }

    [Fact]
    [Rule("PT-096")]
    public void Unlinked_tables_go_when_the_last_walker_leaves()
    {
        using var scene = new AsyncScene();
        (int tables, _) = InUse(scene.Device);
        scene.Do(Null(A, Page));
        WalkPin first = scene.Device.EnterWalk(), second = scene.Device.EnterWalk();
        scene.Do(Unmap(A, Page));
        using WalkPin late = scene.Device.EnterWalk();
        first.Dispose();
        Assert.True(InUse(scene.Device).Tables > tables);
        second.Dispose();
        Assert.Equal(tables, InUse(scene.Device).Tables);
    }

    [Fact]
    [Rule("PT-096")]
    public void Unlinked_tables_go_when_a_walker_lets_go_of_what_it_saw()
    {
        using var scene = new AsyncScene();
        (int tables, _) = InUse(scene.Device);
        scene.Do(Null(A, Page));
        using XeWalker walker = scene.Vm.OpenWalker();
        scene.Do(Unmap(A, Page));
        Assert.True(InUse(scene.Device).Tables > tables);
        walker.Refresh();
        Assert.Equal(tables, InUse(scene.Device).Tables);
    }

    [Fact]
    [Rule("PT-196")]
    public void Tables_of_a_closed_VM_go_when_the_last_walker_leaves()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        using XeFile file = device.OpenFile();
        (int tables, _) = InUse(device);
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        WalkPin pin = device.EnterWalk();
        file.VmDestroy(new DrmXeVmDestroy { VmId = create.VmId });
        Assert.True(InUse(device).Tables > tables);
        pin.Dispose();
        Assert.Equal(tables, InUse(device).Tables);
    }

    [Fact]
    public void What_becomes_ripe_while_somebody_is_inside_goes_when_they_leave()
    {
        using var scene = new AsyncScene();
        (int tables, ulong used) = InUse(scene.Device);
        uint bo = scene.Bo(Page);
        scene.Do(scene.Map(bo, A, Page));
        scene.File.GemClose(bo);
        Fence fence = scene.BindAfter(Unmap(A, Page));
        Together.WhileInside(scene.Vm, () =>
        {
            fence.TrySignal();
            Assert.True(InUse(scene.Device).Bytes > used);
        });
        Assert.Equal((tables, used), InUse(scene.Device));
    }

    [Fact]
    public void Whatever_threads_signal_and_call_at_the_same_time_nothing_is_kept()
    {
        const int Rounds = 30, Binds = 16;
        using var scene = new AsyncScene();
        scene.Do(Null(A + (1UL << 31), Page));
        (int tables, ulong used) = InUse(scene.Device);
        for (int round = 0; round < Rounds; round++)
        {
            Fence[] fences = [.. Enumerable.Range(0, Binds).Select(i => RemoveLater(scene, A + ((ulong)i * Leaf)))];
            Together.Run(
                () => Array.ForEach(fences[..(Binds / 2)], fence => fence.TrySignal()),
                () => Array.ForEach(fences[(Binds / 2)..], fence => fence.TrySignal()),
                () =>
                {
                    for (int i = 0; i < Binds; i++)
                    {
                        using WalkPin pin = scene.Device.EnterWalk();
                        scene.Vm.Translate(A);
                    }
                },
                () =>
                {
                    for (int i = 0; i < Binds; i++)
                        _ = scene.Vm.Counters;
                });
            Assert.Equal((tables, used), InUse(scene.Device));
        }
    }

    [Fact]
    [Rule("BIND-011")]
    public void A_VM_that_is_closed_meanwhile_gives_everything_back_once()
    {
        const int Rounds = 30, Binds = 8;
        for (int round = 0; round < Rounds; round++)
        {
            using var scene = new AsyncScene();
            Fence[] fences = [.. Enumerable.Range(0, Binds).Select(i => RemoveLater(scene, A + ((ulong)i * Leaf)))];
            Together.Run(
                () => Array.ForEach(fences, fence => fence.TrySignal()),
                scene.File.Dispose);
            Assert.Equal((0, 0ul), InUse(scene.Device));
        }
    }

    /// <summary>A mapping that is removed when the fence signals, and its BO with it.</summary>
    private static Fence RemoveLater(AsyncScene scene, ulong va)
    {
        uint bo = scene.Bo(Page);
        scene.Do(scene.Map(bo, va, Page));
        scene.File.GemClose(bo);
        uint queue = Queues.QueueOps.BindQueue(scene.File, scene.Vm.Id).Id;
        return scene.BindOnAfter(queue, Unmap(va, Page));
    }

    /// <summary>Looks without doing anything that could give back.</summary>
    private static (int Tables, ulong Bytes) InUse(XeDevice device) =>
        (device.Memory.Pools.Sum(pool => pool.RentedCount), device.Memory.Regions[0].Allocator.UsedBytes);
}
