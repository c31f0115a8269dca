using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 sections 12.1 and 12.2: locking, residency, prepare and run.</summary>
public class LockRuleTests
{
    [Fact]
    [Rule("BIND-194")]
    public void Residency_that_cannot_be_had_is_enomem()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB });
        uint x = scene.Bo("X", 16 * MiB, flags: GemCreateFlags.DeferBacking);
        scene.Refuses(Errno.ENOMEM, "BIND-194", Op.Null(0, 0x1000), Op.Map(x, A, 16 * MiB));
        Assert.Equal(1, scene.File.LastRejection.OpIndex);
    }

    [Theory]
    [InlineData("unmap")]
    [InlineData("split")]
    [InlineData("overmap")]
    [InlineData("unmap all")]
    [Rule("BIND-195")]
    [Rule("BIND-253")]
    public void A_vma_with_a_pending_user_fence_can_be_neither_removed_nor_split(string how)
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x3000);
        scene.Do(Op.Map(x, A, 0x3000));
        int fence = scene.AttachPendingUserFence(A);
        DrmXeVmBindOp op = how switch
        {
            "unmap" => Op.Unmap(A, 0x3000),
            "split" => Op.Unmap(A + 0x1000, 0x1000),
            "overmap" => Op.Null(A, 0x3000),
            _ => Op.UnmapAll(x),
        };
        scene.Refuses(Errno.EBUSY, "BIND-195", op);
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Null(0, 0x1000), op);
        scene.Vm.Context.UserFences.FlagOf(fence).Set();
        scene.Do(op);
    }

    [Fact]
    [Rule("BIND-195")]
    public void A_mirror_piece_with_a_pending_user_fence_is_busy_too()
    {
        using BindScene scene = AfterEx1();
        int fence = scene.AttachPendingUserFence(0);
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A, 0x1000));
        scene.Refuses(Errno.EBUSY, "BIND-195", scene.Mirror(0, E));
        scene.Vm.Context.UserFences.FlagOf(fence).Set();
        scene.Do(Op.Unmap(A, 0x1000));
    }

    [Fact]
    [Rule("SVM-129")]
    public void A_mirror_takes_no_user_fence_by_map_but_by_prefetch_and_as_what_a_split_leaves()
    {
        using var scene = new BindScene();
        scene.Do([Op.UserFence(0x7000, 1)], scene.Mirror(0, E));
        Assert.False(scene.RemembersUserFence(0));
        scene.Do([Op.UserFence(0x7000, 2)], Op.Prefetch(A, 0x1000, 0));
        Assert.True(scene.RemembersUserFence(A));

        using BindScene split = AfterEx1();
        split.Do([Op.UserFence(0x7000, 3)], Op.Map(split.Bo("X", 0x1000), A, 0x1000, flags: VmBindFlags.Immediate));
        Assert.Equal((true, true), (split.RemembersUserFence(0), split.RemembersUserFence(A + 0x1000)));

        // One that has not signalled keeps the mirror from going, and from being cut.
        int fence = split.AttachPendingUserFence(A + 0x1000);
        split.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A + 0x1000, E - A - 0x1000));
        split.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A + 0x2000, 0x1000));
        split.Do(Op.Unmap(0, A));
        split.Vm.Context.UserFences.FlagOf(fence).Set();
        split.Do(Op.Unmap(A + 0x2000, 0x1000));
    }

    [Fact]
    [Rule("BIND-252")]
    [Rule("BIND-253")]
    public void Prefetch_fault_and_move_are_not_blocked_and_a_newer_fence_replaces_an_older_one()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x1000, placement: 3);
        scene.Do(Op.Map(x, A, 0x1000));
        int pending = scene.AttachPendingUserFence(A);
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0, [new PhysicalRun(0x5_0000_0000, 0x1000)]));
        scene.Refuses(Errno.EBUSY, "BIND-195", Op.Unmap(A, 0x1000));

        scene.Do([Op.UserFence(0x7000, 3)], Op.Prefetch(A, 0x1000, 0));
        Assert.NotEqual(pending, scene.VmaAt(A).UserFence);
        scene.Do(Op.Unmap(A, 0x1000));
    }

    [Theory]
    [InlineData(0u, false, true)]
    [InlineData(6u, false, false)]
    [InlineData(6u, true, true)]
    [InlineData(7u, false, false)]
    [InlineData(7u, true, true)]
    [Rule("BIND-196")]
    public void A_map_makes_its_bo_resident_when_it_is_bound_now(uint vmFlags, bool immediate, bool isResident)
    {
        using var scene = new BindScene(vmFlags);
        uint x = scene.Bo("X", 0x3000, flags: GemCreateFlags.DeferBacking);
        scene.Do(Op.Map(x, A, 0x3000, flags: immediate ? VmBindFlags.Immediate : 0));
        Assert.Equal(isResident, scene.File.FindBo(x)!.Region is not null);
    }

    [Fact]
    [Rule("BIND-196")]
    [Rule("BIND-202")]
    public void Remap_pieces_are_made_resident_and_bound_even_in_a_fault_vm_the_removed_vma_is_not()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x3000, flags: GemCreateFlags.DeferBacking), y = scene.Bo("Y", 0x1000, flags: GemCreateFlags.DeferBacking);
        scene.Do(Op.Map(x, A, 0x3000), Op.Map(y, 0, 0x1000));

        scene.Do(Op.Unmap(0, 0x1000));
        Assert.Null(scene.File.FindBo(y)!.Region);
        scene.Do(Op.Unmap(A + 0x1000, 0x1000));

        Assert.NotNull(scene.File.FindBo(x)!.Region);
        scene.AssertWaits(kernel: false, bookkeep: true);
        scene.AssertStaged(true, true);
        Assert.True(scene.Vm.Translate(A).IsPresent);
        Assert.False(scene.Vm.Translate(A + 0x1000).IsPresent);
        Assert.True(scene.Vm.Translate(A + 0x2000).IsPresent);
    }

    [Fact]
    [Rule("BIND-197")]
    public void A_prefetch_to_where_the_bo_is_moves_nothing()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB, placement: 3);
        scene.Do(Op.Map(x, A, 2 * MiB));
        IReadOnlyList<PhysicalRun> place = scene.File.FindBo(x)!.Segments;
        scene.Do(Op.Prefetch(A, 0x1000, 1));
        Assert.Equal(place, scene.File.FindBo(x)!.Segments);
        Assert.Equal(place[0].Address, scene.Vm.Translate(A).Address);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(6u)]
    [Rule("BIND-197")]
    [Rule("BIND-263")]
    [Rule("BIND-264")]
    [Rule("BIND-266")]
    public void A_prefetch_that_moves_a_bo_binds_its_own_vma_and_tells_the_others(uint vmFlags)
    {
        using var scene = new BindScene(vmFlags);
        uint x = scene.Bo("X", 2 * MiB, placement: 3);
        XeVm other = scene.CreateVm(vmFlags);
        scene.Do(Op.Map(x, A, MiB, 0, VmBindFlags.Immediate), Op.Map(x, 2 * A, MiB, MiB, VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBind { VmId = other.Id }, [], Op.Map(x, A, MiB, 0, VmBindFlags.Immediate)));
        ulong old = scene.File.FindBo(x)!.Segments[0].Address;

        scene.Do(Op.Prefetch(A, 0x1000, 0));

        ulong place = scene.File.FindBo(x)!.Segments[0].Address;
        Assert.Equal((TranslationStatus.Mapped, place), (scene.Vm.Translate(A).Status, scene.Vm.Translate(A).Address));
        foreach ((XeVm vm, ulong va) in new[] { (scene.Vm, 2 * A), (other, A) })
        {
            ulong offset = va == A ? 0 : MiB;
            if (vmFlags == 6)
            {
                Assert.False(vm.Translate(va).IsPresent);
                Assert.Empty(vm.EvictedBos);
                Assert.Equal(Errno.Ok, vm.Fault(va));
            }
            else
            {
                Assert.Equal(old + offset, vm.Translate(va).Address);
                Assert.Equal([scene.File.FindBo(x)!.Number], vm.EvictedBos);
                Assert.Equal(Errno.Ok, vm.RebindEvicted());
                Assert.Empty(vm.EvictedBos);
            }

            Assert.Equal(place + offset, vm.Translate(va).Address);
        }

        Assert.Equal(0ul, scene.Device.Memory.Regions[1].Allocator.UsedBytes);
    }

    [Fact]
    [Rule("BIND-203")]
    [Rule("PT-143")]
    public void A_request_that_counted_ops_and_prepared_none_has_a_signalled_fence()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 0x1000), A, 0x1000));
        uint waited = scene.File.SyncobjCreate(signalled: true);
        scene.Do([Op.In(waited), Op.UserFence(0x7000, 9)], Op.Unmap(A, 0x1000));
        Assert.Equal(1, scene.PtOps);
        scene.AssertStaged();
        Assert.Equal(9ul, scene.UserMemory.ReadUInt64(0x7000));
    }

    [Fact]
    [Rule("BIND-204")]
    public void A_later_op_of_an_array_may_remove_what_an_earlier_one_made()
    {
        using var scene = new BindScene(vmFlags: 0);
        int tables = scene.Device.TablesInUse;
        uint x = scene.Bo("X", 2 * MiB);
        scene.Do(Op.Map(x, A, 2 * MiB), Op.Unmap(A, 2 * MiB));
        scene.AssertStaged(true, false);
        scene.ListIs();
        Assert.Equal(tables, scene.Device.TablesInUse);
        Assert.False(scene.Vm.Translate(A).IsPresent);
    }

    [Fact]
    [Rule("BIND-204")]
    public void Entries_are_written_in_the_order_of_the_ops()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x8000, runs: [new PhysicalRun(0x4000_0000, 0x8000)]);
        scene.Do(Op.Map(x, A, 0x8000), Op.Null(A, 0x4000), Op.Map(x, A, 0x1000, offset: 0x7000), Op.Unmap(A + 0x1000, 0x1000));
        ulong[] pages = [.. Enumerable.Range(0, 8).Select(page => scene.Vm.Translate(A + ((ulong)page * 0x1000)).Address)];
        Assert.Equal([0x4000_7000ul, 0, 0, 0, 0x4000_4000, 0x4000_5000, 0x4000_6000, 0x4000_7000], pages);
        Assert.Equal(
            [TranslationStatus.Mapped, TranslationStatus.NotPresent, TranslationStatus.Null],
            Enumerable.Range(0, 3).Select(page => scene.Vm.Translate(A + ((ulong)page * 0x1000)).Status));
    }

    [Fact]
    [Rule("BIND-205")]
    public void The_list_and_the_tables_are_new_when_the_call_returns()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do([Op.In(scene.File.SyncobjCreate(signalled: true))], Op.Map(scene.Bo("X", 0x1000), A, 0x1000));
        scene.ListIs("[0x1_0000_0000, 0x1_0000_1000) BO X(0)");
        Assert.True(scene.Vm.Translate(A).IsPresent);
    }

    [Theory]
    [InlineData(FailurePoint.Prepare, 0)]
    [InlineData(FailurePoint.Prepare, 1)]
    [InlineData(FailurePoint.Run, 0)]
    [Rule("BIND-206")]
    public void A_failure_on_any_tile_takes_all_tiles_back(FailurePoint point, int tile)
    {
        using BindScene scene = TwoTiles();
        scene.Device.Failures.Arm(point, tile);
        scene.Refuses(Errno.ENOSPC, "BIND-223", Op.Unmap(A + MiB, MiB), Op.Null(A, 0x1_0000));
        Assert.Equal(("tile", (ulong)tile), (scene.File.LastRejection.Field, scene.File.LastRejection.Value));
        scene.Do(Op.Unmap(A + MiB, MiB));
        Assert.All(new[] { 0, 1 },
            t => Assert.Equal((true, false), (scene.Vm.Translate(A, t).IsPresent, scene.Vm.Translate(A + MiB, t).IsPresent)));
    }

    [Fact]
    [Rule("BIND-014")]
    [Rule("BIND-206")]
    public void A_run_that_fails_on_a_later_tile_bans_the_vm_too()
    {
        using BindScene scene = TwoTiles();
        scene.Device.Failures.Arm(FailurePoint.Run, skip: 1);
        scene.Refuses(Errno.ENOSPC, "BIND-223", Op.Unmap(A + MiB, MiB));
        scene.Refuses(Errno.ENOENT, "BIND-046", Op.Unmap(A + MiB, MiB));
        Assert.True(scene.Vm.Translate(A + MiB).IsPresent);
    }

    private static BindScene TwoTiles()
    {
        var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB) with { PatIndex = 3 });
        return scene;
    }
}
