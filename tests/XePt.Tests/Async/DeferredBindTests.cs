using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>Binds whose fences have not signalled: the VMA list changes now, the tables later (specification 02 section 14, 03 sections 14
/// and 15).</summary>
public class DeferredBindTests
{
    [Fact]
    [Rule("BIND-205")]
    [Rule("PT-158")]
    [Rule("PT-160")]
    [Rule("RN-041")]
    [Rule("PT-157")]
    public void The_list_changes_in_the_call_and_the_tables_when_the_fence_signals()
    {
        using var scene = new AsyncScene();
        Fence fence = scene.BindAfter(Null(A, Page));

        Assert.Equal(1, scene.Vm.VmaCount);
        Assert.False(scene.IsMapped(A));
        Assert.False(scene.Vm.IsIdle);
        Assert.False(scene.Vm.LastFence.IsSignalled);

        Assert.True(fence.TrySignal());
        Assert.True(scene.IsMapped(A));
        Assert.True(scene.Vm.IsIdle);
        Assert.True(scene.Vm.LastFence.IsSignalled);
    }

    [Fact]
    [Rule("BIND-205")]
    [Rule("PT-157")]
    [Rule("RN-040")]
    [Rule("PT-158")]
    public void With_signalled_fences_the_tables_are_written_in_the_call()
    {
        using var scene = new AsyncScene();
        scene.Do([In(scene.File.SyncobjCreate(signalled: true))], Null(A, Page));
        Assert.True(scene.IsMapped(A));
        Assert.Equal(0, scene.Vm.Context.Jobs.PendingCount);
    }

    [Fact]
    [Rule("BIND-240")]
    [Rule("PT-143")]
    [Rule("PT-158")]
    public void Binds_of_one_queue_keep_their_order_whatever_their_ranges()
    {
        using var scene = new AsyncScene();
        Fence first = scene.BindAfter(Null(A, Page));
        scene.Do(Null(A + (1UL << 40), Page));
        Assert.False(scene.IsMapped(A + (1UL << 40)));
        first.TrySignal();
        Assert.True(scene.IsMapped(A) && scene.IsMapped(A + (1UL << 40)));
    }

    [Fact]
    [Rule("BIND-204")]
    [Rule("PT-164")]
    public void Later_binds_build_on_the_planned_tree()
    {
        using var scene = new AsyncScene();
        Fence map = scene.BindAfter(Null(A, 16 * Page));
        Fence cut = scene.BindAfter(Unmap(A + (4 * Page), Page));
        Fence remap = scene.BindAfter(Null(A + (4 * Page), Page));
        Assert.Equal(3, scene.Vm.VmaCount);

        remap.TrySignal();
        cut.TrySignal();
        Assert.False(scene.IsMapped(A));
        map.TrySignal();
        for (ulong page = 0; page < 16; page++)
            Assert.True(scene.IsMapped(A + (page * Page)));
    }

    [Fact]
    [Rule("BIND-203")]
    public void A_request_that_stages_nothing_does_not_wait()
    {
        using var scene = new AsyncScene(vmFlags: 6);
        uint bo = scene.Bo(Leaf);
        scene.Do(scene.Map(bo, A, Leaf));
        (uint handle, Fence fence) = scene.Pending();
        // The deferred VMA was never bound, so its UNMAP has a PT op counted and none prepared.
        scene.Do([In(handle)], Unmap(A, Leaf));
        Assert.True(scene.Vm.LastFence.IsSignalled);
        Assert.False(fence.IsSignalled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("BIND-239")]
    [Rule("BIND-057")]
    public void The_out_sync_gets_the_fence_of_the_bind(bool isTwoTiles)
    {
        using var scene = new AsyncScene(platform: isTwoTiles ? XePlatforms.Pvc2T : XePlatforms.Bmg);
        (uint inSync, Fence fence) = scene.Pending();
        uint outSync = scene.File.SyncobjCreate();
        scene.Do([In(inSync), Out(outSync)], Null(A, Page));
        Fence done = scene.File.FindSyncobj(outSync)!.Fence;
        Assert.False(done.IsSignalled);

        scene.Do([In(outSync)], Null(A + Leaf, Page));
        fence.TrySignal();
        Assert.True(done.IsSignalled);
        Assert.True(scene.IsMapped(A) && scene.IsMapped(A + Leaf));
    }

    [Fact]
    [Rule("BIND-211")]
    [Rule("BIND-241")]
    [Rule("PT-175")]
    [Rule("PT-143")]
    public void An_empty_bind_is_a_barrier_on_its_queue()
    {
        using var scene = new AsyncScene();
        Fence fence = scene.BindAfter(Null(A, Page));
        uint outSync = scene.File.SyncobjCreate();
        scene.Do([Out(outSync)]);
        Fence barrier = scene.File.FindSyncobj(outSync)!.Fence;
        Assert.False(barrier.IsSignalled);
        fence.TrySignal();
        Assert.True(barrier.IsSignalled);
    }

    [Fact]
    [Rule("BIND-212")]
    public void A_call_with_nothing_to_submit_refuses_to_wait_and_the_seed_waits()
    {
        foreach (XeProfile profile in new[] { XeProfile.Final, XeProfile.SeedOpen })
        {
            using var scene = new AsyncScene(profile: profile);
            (uint inSync, Fence fence) = scene.Pending();
            uint outSync = scene.File.SyncobjCreate();
            Errno errno = scene.Bind([In(inSync), Out(outSync)]);
            if (profile == XeProfile.Final)
            {
                Assert.Equal((Errno.EOPNOTSUPP, "BIND-212"), (errno, scene.File.LastRejection.RuleId));
                Assert.False(scene.File.SyncobjHasFence(outSync));
                continue;
            }

            Assert.Equal(Errno.Ok, errno);
            Fence merged = scene.File.FindSyncobj(outSync)!.Fence;
            Assert.False(merged.IsSignalled);
            fence.TrySignal();
            Assert.True(merged.IsSignalled);
        }
    }

    [Theory]
    [InlineData(XeProfile.Final, VmBindFlags.None)]
    [InlineData(XeProfile.Final, VmBindFlags.Immediate)]
    [InlineData(XeProfile.SeedOpen, VmBindFlags.None)]
    [InlineData(XeProfile.SeedOpen, VmBindFlags.Immediate)]
    [Rule("SVM-013")]
    [Rule("BIND-211")]
    [Rule("BIND-212")]
    public void A_mirror_bind_makes_a_vma_and_nothing_else(XeProfile profile, VmBindFlags flags)
    {
        using var scene = new AsyncScene(vmFlags: 6, profile: profile);
        int tables = scene.Device.TablesInUse;
        DrmXeVmBindOp mirror = Bind.Op.Map(0, 0x10000, 0x10000, 0, Bind.BindScene.MirrorFlag(profile) | flags);
        scene.Do([Bind.Op.UserFence(0x7000, 8)], mirror);
        Assert.Equal(8ul, scene.Memory.ReadUInt64(0x7000));

        (uint inSync, Fence fence) = scene.Pending();
        bool isFinal = profile == XeProfile.Final;
        Errno errno = scene.Bind([In(inSync), Bind.Op.UserFence(0x8000, 9)], mirror with { Addr = 0x40000 });
        Assert.Equal(isFinal ? Errno.EOPNOTSUPP : Errno.Ok, errno);
        Assert.Equal(0ul, scene.Memory.ReadUInt64(0x8000));
        fence.TrySignal();
        Assert.Equal(isFinal ? 0ul : 9ul, scene.Memory.ReadUInt64(0x8000));

        Assert.Equal([VmaKind.Mirror, VmaKind.Mirror], scene.Vm.GetVmas().Select(vma => vma.Kind));
        Assert.Equal((tables, default), (scene.Device.TablesInUse, scene.Vm.Counters));
        Assert.Equal((0, 0, 0ul), (scene.Vm.Context.Ranges.Count, scene.Vm.Context.Userptrs.Count, scene.Device.Tlb.Issued(0)));
    }

    [Fact]
    [Rule("BIND-242")]
    [Rule("BIND-244")]
    [Rule("PT-151")]
    [Rule("PT-171")]
    [Rule("PT-158")]
    public void What_each_op_waits_for_of_the_vm()
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, 16 * Page));
        FenceTimeline line = new("other");
        Fence kernel = line.Next(), bookkeep = new FenceTimeline("another").Next();
        scene.Vm.Context.Jobs.Reservation.Add(bookkeep, FenceUsage.Bookkeep);

        // MAP waits for KERNEL only, UNMAP of a whole VMA for nothing of the VM.
        scene.Do(Null(A + Leaf, Page));
        Assert.True(scene.IsMapped(A + Leaf));
        scene.Vm.Context.Jobs.Reservation.Add(kernel, FenceUsage.Kernel);
        scene.Do(Unmap(A + Leaf, Page));
        Assert.False(scene.IsMapped(A + Leaf));
        scene.Do(Null(A + (2 * Leaf), Page));
        Assert.False(scene.IsMapped(A + (2 * Leaf)));
        kernel.TrySignal();
        Assert.True(scene.IsMapped(A + (2 * Leaf)));
    }

    [Fact]
    [Rule("BIND-243")]
    [Rule("BIND-245")]
    [Rule("BIND-249")]
    [Rule("PT-173")]
    [Rule("PT-158")]
    public void A_split_that_rebinds_waits_for_everything_and_everything_later_waits_for_it()
    {
        using var scene = new AsyncScene();
        uint bo = scene.Bo(4 * Leaf);
        scene.Do(scene.Map(bo, A, 4 * Leaf));
        Fence bookkeep = new FenceTimeline("job").Next();
        scene.Vm.Context.Jobs.Reservation.Add(bookkeep, FenceUsage.Bookkeep);

        // The cut does not suit 2 MiB pages where the BO got them, so a piece is bound again.
        scene.Do(Unmap(A + Page, Page));
        Assert.True(scene.Vm.Context.Call.Tiles[0].WaitBookkeep);
        Assert.True(scene.IsMapped(A + Page));
        Assert.False(scene.Vm.Context.Jobs.Reservation.IsIdle(FenceUsage.Kernel));

        scene.Do(Null(A + (1UL << 40), Page));
        Assert.False(scene.IsMapped(A + (1UL << 40)));
        bookkeep.TrySignal();
        Assert.False(scene.IsMapped(A + Page));
        Assert.True(scene.IsMapped(A) && scene.IsMapped(A + (1UL << 40)));
    }

    [Fact]
    [Rule("BIND-246")]
    [Rule("PT-171")]
    [Rule("PT-158")]
    public void A_map_waits_for_the_kernel_fences_of_its_external_bo()
    {
        using var scene = new AsyncScene();
        uint shared = scene.Bo(Page), own = scene.Bo(Page, scene.Vm.Id);
        Fence move = new FenceTimeline("move").Next();
        scene.Vm.Context.BoFences.Of(scene.File.FindBo(shared)!.Number).Add(move, FenceUsage.Kernel);

        scene.Do(scene.Map(own, A, Page));
        Assert.True(scene.IsMapped(A));
        scene.Do(scene.Map(shared, A + Leaf, Page));
        Assert.False(scene.IsMapped(A + Leaf));
        move.TrySignal();
        Assert.True(scene.IsMapped(A + Leaf));
    }

    [Fact]
    [Rule("BIND-245")]
    [Rule("PT-173")]
    [Rule("PT-143")]
    public void The_fence_of_a_bind_is_on_the_external_bos_it_touches()
    {
        using var scene = new AsyncScene();
        uint shared = scene.Bo(Page);
        Fence fence = scene.BindAfter(scene.Map(shared, A, Page));
        Assert.False(scene.Vm.Context.BoFences.Find(scene.File.FindBo(shared)!.Number)!.IsIdle(FenceUsage.Bookkeep));
        Assert.True(scene.Vm.Context.BoFences.Find(scene.File.FindBo(shared)!.Number)!.IsIdle(FenceUsage.Kernel));
        fence.TrySignal();
        Assert.True(scene.Vm.Context.BoFences.Find(scene.File.FindBo(shared)!.Number)!.IsIdle(FenceUsage.Bookkeep));
    }

    [Fact]
    [Rule("BIND-229")]
    public void Memory_of_a_removed_mapping_stays_until_the_unbind_has_run()
    {
        using var scene = new AsyncScene();
        uint bo = scene.Bo(Leaf);
        scene.Do(scene.Map(bo, A, Leaf));
        ulong used = scene.Device.Memory.Regions[0].Allocator.UsedBytes;
        Fence fence = scene.BindAfter(Unmap(A, Leaf));
        Assert.Equal(Errno.Ok, scene.File.GemClose(bo));
        Assert.Equal(used, scene.Device.Memory.Regions[0].Allocator.UsedBytes);
        Assert.True(scene.IsMapped(A));

        fence.TrySignal();
        scene.Do(Null(A, Page));
        Assert.Equal(used - Leaf, scene.Device.Memory.Regions[0].Allocator.UsedBytes);
    }

    [Fact]
    [Rule("BIND-205")]
    public void A_failed_in_fence_does_not_keep_the_bind_from_running()
    {
        using var scene = new AsyncScene();
        Fence fence = scene.BindAfter(Null(A, Page));
        fence.TrySignal(Errno.EIO);
        Assert.True(scene.IsMapped(A));
    }

    [Fact]
    [Rule("PT-157")]
    public void A_failed_call_takes_nothing_back_that_is_in_flight()
    {
        using var scene = new AsyncScene();
        Fence fence = scene.BindAfter(Null(A, 4 * Page));
        ulong before = scene.Vm.StateHash();
        scene.Device.Failures.Arm(FailurePoint.Run);
        Assert.Equal(Errno.ENOSPC, scene.Bind([], Unmap(A, Page), Null(A, Page)));
        Assert.Equal(before, scene.Vm.StateHash());
        fence.TrySignal();
        Assert.True(scene.IsMapped(A));
    }

    [Fact]
    public void A_long_chain_of_binds_runs_without_recursion()
    {
        using var scene = new AsyncScene();
        Fence first = scene.BindAfter(Null(A, Page));
        for (ulong i = 1; i < 20_000; i++)
            scene.Do(Null(A + (i * Page), Page));
        Assert.False(scene.IsMapped(A + (19_999 * Page)));
        first.TrySignal();
        Assert.True(scene.IsMapped(A + (19_999 * Page)));
        Assert.True(scene.Vm.IsIdle);
    }
}
