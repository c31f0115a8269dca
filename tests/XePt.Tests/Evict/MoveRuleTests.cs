using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Evict.EvictScene;

namespace XePt.Tests.Evict;

/// <summary>Who is told that a BO moves, and what becomes of its mappings (specification 02 section 17, 04 section 14).</summary>
public class MoveRuleTests
{
    [Fact]
    [Rule("EVT-002")]
    [Rule("BIND-266")]
    public void In_a_fault_vm_a_move_takes_every_mapping_of_the_bo_away_and_the_next_fault_brings_it_back()
    {
        using var scene = new EvictScene(vmFlags: 6);
        uint x = scene.Bo(4 * MiB, placement: 3), y = scene.Bo(2 * MiB);
        scene.Map(scene.Vm, x, A);
        scene.Map(scene.Vm, x, 2 * A);
        scene.Map(scene.Vm, y, 3 * A);
        long flushes = scene.Vm.Counters.ZapInvalidations;

        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));

        Assert.Equal(("SV", flushes + 2, 3), (scene.Places(x, y), scene.Vm.Counters.ZapInvalidations, scene.Vm.VmaCount));
        Assert.False(scene.Vm.Translate(A).IsPresent || scene.Vm.Translate(2 * A).IsPresent);
        Assert.True(scene.Shows(scene.Vm, 3 * A, y));
        Assert.All(new[] { A, 2 * A }, va => Assert.Equal(scene.Vm.Context.Facts.TileMask, scene.Scene.VmaAt(va).TileInvalidated));
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        Assert.True(scene.Shows(scene.Vm, A, x));
        Assert.False(scene.Vm.Translate(2 * A).IsPresent);
    }

    [Fact]
    [Rule("EVT-003")]
    public void In_a_fault_vm_a_bo_in_use_does_not_move()
    {
        using var scene = new EvictScene(vmFlags: 6);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        FenceTimeline gate = scene.Busy(scene.Vm, x, 2 * A);
        ulong before = scene.Vm.StateHash();

        Assert.Equal((Errno.EBUSY, "EVT-003"), (scene.File.MoveBo(x, 0), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.EBUSY, "EVT-003"), (scene.File.EvictBo(x), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.EBUSY, "EVT-003"),
            (scene.File.MoveBo(x, 0, [new PhysicalRun(0x5_0000_0000, 4 * MiB)]), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.EBUSY, "EVT-003"), (scene.Scene.Bind(Op.Prefetch(A, 0x1000, 0)), scene.File.LastRejection.RuleId));
        Assert.Equal(Errno.EBUSY, scene.Device.EvictAll());
        Assert.Equal((before, "V", 5L), (scene.Vm.StateHash(), scene.Places(x), scene.Device.MoveCounters.BusyMoves));
        Assert.True(scene.Shows(scene.Vm, A, x));

        gate.TrySignal(1);
        Assert.Equal(Errno.Ok, scene.File.EvictBo(x));
        Assert.False(scene.Vm.Translate(A).IsPresent);
    }

    [Fact]
    [Rule("EVT-003")]
    public void A_private_bo_is_in_use_while_anything_of_its_vm_is_in_flight_an_external_one_is_not()
    {
        using var scene = new EvictScene(vmFlags: 6);
        uint own = scene.Bo(2 * MiB, placement: 3, vm: scene.Vm.Id), shared = scene.Bo(2 * MiB, placement: 3), other = scene.Bo(2 * MiB);
        scene.Map(scene.Vm, own, A);
        scene.Map(scene.Vm, shared, 2 * A);
        scene.Busy(scene.Vm, other, 3 * A);
        Assert.Equal(Errno.EBUSY, scene.File.MoveBo(own, 0));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(shared, 0));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("BIND-263")]
    [Rule("BIND-264")]
    [Rule("EVT-004")]
    public void In_other_vms_the_entries_stay_and_binds_of_others_do_not_touch_them(uint vmFlags)
    {
        using var scene = new EvictScene(vmFlags);
        uint own = scene.Bo(2 * MiB, placement: 3, vm: scene.Vm.Id), shared = scene.Bo(2 * MiB, placement: 3), other = scene.Bo(2 * MiB);
        scene.Map(scene.Vm, own, A);
        scene.Map(scene.Vm, shared, 2 * A);
        ulong[] entries = [scene.Vm.Translate(A).Entry, scene.Vm.Translate(2 * A).Entry];

        Assert.Equal(Errno.Ok, scene.File.MoveBo(shared, 0));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(own, 0));
        scene.Map(scene.Vm, other, 3 * A);

        Assert.Equal((entries[0], entries[1]), (scene.Vm.Translate(A).Entry, scene.Vm.Translate(2 * A).Entry));
        Assert.Equal([scene.Of(shared).Number, scene.Of(own).Number], scene.Vm.EvictedBos);
        Assert.Equal(0, scene.Vm.Counters.ZapInvalidations);
    }

    [Fact]
    [Rule("BIND-264")]
    [Rule("EVT-005")]
    public void The_next_exec_of_a_dma_fence_vm_rebinds_all_vmas_of_what_moved()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(4 * MiB, placement: 3), y = scene.Bo(2 * MiB, placement: 3), z = scene.Bo(2 * MiB);
        scene.Map(scene.Vm, x, A);
        scene.Map(scene.Vm, x, 2 * A);
        scene.Map(scene.Vm, y, 3 * A);
        scene.Map(scene.Vm, z, 4 * A);
        scene.File.MoveBo(y, 0);
        scene.File.MoveBo(x, 0);

        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));

        Assert.Empty(scene.Vm.EvictedBos);
        Assert.True(scene.Shows(scene.Vm, A, x) && scene.Shows(scene.Vm, 2 * A, x) && scene.Shows(scene.Vm, 3 * A, y));
        // One rebind for both BOs, in the order they moved; what did not move is not touched.
        Assert.Equal(
            [3 * A, A, 2 * A], scene.Vm.Context.Call.Tiles[0].Ops.Items.ToArray().Select(op => scene.Vm.Context.Space.Vmas[op.Vma].Start));
        long commits = scene.Vm.Counters.Commits;
        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        Assert.Equal((commits, 1L), (scene.Vm.Counters.Commits, scene.Device.MoveCounters.Rebinds));
    }

    [Fact]
    [Rule("BIND-269")]
    public void What_is_unmapped_meanwhile_is_not_rebound()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        scene.Map(scene.Vm, x, 2 * A);
        scene.File.MoveBo(x, 0);
        scene.Scene.Do(Op.Unmap(A, 4 * MiB));
        Assert.NotEmpty(scene.Vm.EvictedBos);
        scene.Scene.Do(Op.Unmap(2 * A, 4 * MiB));
        Assert.Empty(scene.Vm.EvictedBos);
        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        Assert.Equal(0L, scene.Device.MoveCounters.Rebinds);
    }

    [Fact]
    [Rule("BIND-263")]
    public void A_piece_that_a_split_keeps_is_rebound_with_its_bo()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        scene.File.MoveBo(x, 0);
        scene.Scene.Do(Op.Unmap(A + (2 * MiB), 2 * MiB));
        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        Assert.True(scene.Shows(scene.Vm, A, x));
    }

    [Fact]
    [Rule("EVT-004")]
    public void A_move_waits_for_the_fences_of_the_bo_and_so_does_whoever_gets_its_memory()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(8 * MiB, placement: 3);
        FenceTimeline gate = scene.Busy(scene.Vm, x, A);
        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));
        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        Assert.False(scene.Vm.Translate(A).IsPresent);

        // The memory is free for others at once, in the order of fences.
        XeVm other = scene.Scene.CreateVm(0);
        uint y = scene.Bo(8 * MiB);
        scene.Map(other, y, A);
        Assert.False(other.Translate(A).IsPresent);

        gate.TrySignal(1);
        Assert.True(scene.Shows(scene.Vm, A, x) && scene.Shows(other, A, y));
    }

    [Fact]
    [Rule("EVT-001")]
    public void Nobody_is_told_of_memory_that_a_bo_gets_first()
    {
        using var scene = new EvictScene(vmFlags: 0);
        XeVm fault = scene.Scene.CreateVm(6);
        uint x = scene.Bo(2 * MiB, placement: 3, isDeferred: true);
        Assert.Equal(Errno.Ok, scene.Scene.Bind(new DrmXeVmBind { VmId = fault.Id }, [], Op.Map(x, A, 2 * MiB)));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));
        Assert.Equal((0L, 0L), (scene.Device.MoveCounters.Moves, fault.Counters.ZapInvalidations));
    }

    [Fact]
    [Rule("EVT-001")]
    [Rule("BIND-197")]
    public void A_pinned_bo_stays_where_it_is()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(2 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        Assert.Equal(Errno.Ok, scene.File.PinBo(x, isPinned: true));
        Assert.Equal((Errno.EBUSY, "EVT-001"), (scene.File.MoveBo(x, 0), scene.File.LastRejection.RuleId));
        Assert.Equal((Errno.EBUSY, "EVT-001"), (scene.File.EvictBo(x), scene.File.LastRejection.RuleId));
        scene.Scene.Refuses(Errno.EBUSY, "BIND-197", Op.Prefetch(A, 0x1000, 0));
        scene.Scene.Do(Op.Prefetch(A, 0x1000, 1));
        Assert.Equal((Errno.Ok, "V"), (scene.Device.EvictAll(), scene.Places(x)));
        scene.File.PinBo(x, isPinned: false);
        Assert.Equal((Errno.Ok, "S"), (scene.File.EvictBo(x), scene.Places(x)));
    }

    [Fact]
    [Rule("EVT-009")]
    [Rule("EVT-012")]
    public void Everything_leaves_device_memory_for_a_suspend_and_comes_back_when_it_is_used()
    {
        using var scene = new EvictScene(vmFlags: 0);
        XeVm fault = scene.Scene.CreateVm(6);
        uint x = scene.Bo(4 * MiB), y = scene.Bo(4 * MiB, placement: 3), z = scene.Bo(4 * MiB, placement: 1);
        scene.Map(scene.Vm, x, A);
        scene.Map(fault, x, A);
        scene.Map(fault, y, 2 * A);
        scene.Map(scene.Vm, z, 3 * A);

        Assert.Equal((Errno.Ok, 0ul), (scene.Device.EvictAll(), scene.VramUsed));

        // x may not live in system memory and is there all the same.
        Assert.Equal(("SSS", 2L, 8 * MiB),
            (scene.Places(x, y, z), scene.Device.MoveCounters.Evictions, (ulong)scene.Device.MoveCounters.EvictedBytes));
        Assert.Equal([scene.Of(x).Number], scene.Vm.EvictedBos);
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Exec(scene.Vm), fault.Fault(2 * A)));
        Assert.Equal("VVS", scene.Places(x, y, z));
        Assert.True(scene.Shows(scene.Vm, A, x) && scene.Shows(fault, 2 * A, y));
    }

    [Fact]
    [Rule("EVT-005")]
    public void A_rebind_that_fails_keeps_the_vm_from_running_until_it_works()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(8 * MiB), y = scene.Bo(8 * MiB, isDeferred: true);
        scene.Map(scene.Vm, x, A);
        Assert.Equal(Errno.Ok, scene.File.EvictBo(x));
        XeVm other = scene.Scene.CreateVm(0);
        scene.Map(other, y, A);
        scene.File.PinBo(y, isPinned: true);
        ulong before = scene.Vm.StateHash();

        Assert.Equal((Errno.ENOMEM, "BIND-194"), (scene.Exec(scene.Vm), scene.Vm.LastRejection.RuleId));
        Assert.Equal((Errno.ENOMEM, before), (scene.Vm.RebindEvicted(), scene.Vm.StateHash()));
        Assert.NotEmpty(scene.Vm.EvictedBos);

        scene.File.PinBo(y, isPinned: false);
        Assert.Equal((Errno.Ok, "VS"), (scene.Exec(scene.Vm), scene.Places(x, y)));
        Assert.True(scene.Shows(scene.Vm, A, x));
        Assert.Equal([scene.Of(y).Number], other.EvictedBos);
    }

    [Fact]
    public void Memory_of_a_closed_bo_is_used_again_only_after_the_jobs_that_saw_it()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(8 * MiB, vm: scene.Vm.Id), y = scene.Bo(8 * MiB, isDeferred: true);
        scene.Map(scene.Vm, x, A);
        var job = new FenceTimeline("job");
        scene.Vm.Context.Jobs.Reservation.Add(job.Next(), FenceUsage.Bookkeep);
        scene.Scene.Do(Op.Unmap(A, 8 * MiB));
        scene.File.GemClose(x);
        XeVm other = scene.Scene.CreateVm(0);
        scene.Map(other, y, A);
        Assert.False(other.Translate(A).IsPresent);
        job.TrySignal(1);
        Assert.True(scene.Shows(other, A, y));
    }
}
