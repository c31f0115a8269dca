using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Svm;
using XePt.Tests.Userptr;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>Whoever enters the road, at whatever stage, and whoever flushes, is seen doing it from start to stop.</summary>
[Collection(nameof(EventCapture))]
public class StageEventTests
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    [Fact]
    public void A_job_that_has_waited_writes_and_flushes_and_retires()
    {
        using var scene = new AsyncScene();
        scene.Do(AsyncScene.Null(AsyncScene.A, AsyncScene.Page));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            Fence fence = scene.BindAfter(AsyncScene.Unmap(AsyncScene.A, AsyncScene.Page));
            fence.Timeline!.TrySignal(fence.Seqno);
            scene.Device.Pump();
            // A job is settled when the VM is entered next.
            scene.Do(AsyncScene.Null(AsyncScene.A + AsyncScene.Leaf, AsyncScene.Page));
        });
        Assert.Equal(
            ["RunStart", "RunStop", "WriteStart", "WriteStop", "FlushStart", "FlushStop", "RetireStart", "RetireStop", "RunStart",
                "RetireStart", "RetireStop", "RunStop"],
            NamesOf(seen, "Run", "Write", "Flush", "Retire"));
        // The last mapping of the VM goes, and with it the entry of the root table.
        Assert.All(
            seen.Where(one => one.Name is "WriteStart" or "FlushStop"),
            one => Assert.Equal(("1", "0", "0", $"{scene.Vm.Size - 1}"), (one["vm"], one["tile"], one["start"], one["end"])));
        Assert.InRange(
            seen.FindIndex(one => one.Name == "xe_tlb_inval_fence_send"),
            seen.FindIndex(one => one.Name == "FlushStart"), seen.FindIndex(one => one.Name == "FlushStop"));
    }

    [Fact]
    public void A_fault_of_a_range_is_seen_stage_by_stage()
    {
        using var scene = new SvmScene();
        scene.Map(SvmScene.A, SvmScene.Size2M);
        List<SeenEvent> seen = EventCapture.Of(
            scene.Device, () => Assert.Equal(Errno.Ok, scene.Fault(SvmScene.A, GpuAccessKind.Atomic)));
        Assert.Equal(
            ["FaultStart", "MigrationStart", "MigrationStop", "PopulateStart", "PopulateStop", "StageStart", "StageStop", "RunStart",
                "RetireStart", "RetireStop", "RunStop", "FaultStop"],
            NamesOf(seen, "Fault", "Migration", "Populate", "Stage", "Run", "Retire", "Flush"));
    }

    [Fact]
    public void A_range_whose_pages_have_changed_is_staged_in_vain()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(SvmScene.A, SvmScene.Size2M);
        scene.Once(FailurePoint.RangeCommit, () => scene.Process.Discard(AddressRange.OfSize(SvmScene.A, SvmScene.Page)));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(Errno.Ok, scene.Fault(SvmScene.A)));
        Assert.Equal(["2", "0"], seen.Where(one => one.Name == "RunStop").Select(one => one["outcome"]));
        Assert.Equal(2, seen.Count(one => one.Name == "PopulateStop"));
    }

    [Fact]
    public void A_prefetch_of_a_mirror_populates()
    {
        using var scene = new SvmScene();
        scene.Map(SvmScene.A, SvmScene.Size2M);
        List<SeenEvent> seen = EventCapture.Of(
            scene.Device, () => Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, SvmScene.A, SvmScene.Size2M, region: 1)));
        Assert.Equal(
            ["ResideStart", "ResideStop", "PopulateStart", "MigrationStart", "MigrationStop", "PopulateStop", "StageStart", "StageStop",
                "RunStart", "RunStop", "KeepStart", "KeepStop"],
            NamesOf(seen, "Reside", "Populate", "Migration", "Stage", "Run", "Keep"));
        Assert.Equal("0", seen.Single(one => one.Name == "PopulateStop")["outcome"]);
    }

    [Fact]
    public void Ranges_whose_pages_the_cpu_takes_are_flushed_and_their_garbage_is_unbound()
    {
        using var scene = new SvmScene();
        scene.Map(SvmScene.A, SvmScene.Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(SvmScene.A));
        List<SeenEvent> seen = EventCapture.Of(
            scene.Device, () => Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(SvmScene.A, SvmScene.Size2M))));
        Assert.Equal(
            ["FlushStart", "FlushStop", "StageStart", "StageStop", "RunStart"],
            NamesOf(seen, "Flush", "Stage", "Run")[..5]);
        SeenEvent flush = seen.First(one => one.Name == "FlushStart");
        Assert.Equal(($"{SvmScene.A}", $"{SvmScene.A + SvmScene.Size2M - 1}"), (flush["start"], flush["end"]));
    }

    [Fact]
    public void A_userptr_that_is_taken_away_is_flushed_and_the_fault_after_it_collects_its_pages()
    {
        using var scene = new UserptrScene(vmFlags: 6);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            scene.Change();
            var fault = new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = UserptrScene.A };
            Assert.Equal(Errno.Ok, scene.Device.RaiseFault(fault));
        });
        Assert.Equal(
            ["RunStart", "FlushStart", "FlushStop", "RunStop", "FaultStart", "PopulateStart", "PopulateStop", "StageStart", "StageStop",
                "RunStart", "RunStop", "FaultStop"],
            NamesOf(seen, "Fault", "Flush", "Populate", "Stage", "Run"));
    }

    [Fact]
    public void Every_tile_that_an_eviction_takes_entries_from_is_flushed()
    {
        using var scene = new BindScene(vmFlags: 6, platform: XePlatforms.Pvc2T);
        uint x = scene.Bo("X", 2 * MiB, placement: 3);
        scene.Do(Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0)));
        Assert.Equal(
            ["FlushStart 0", "FlushStart 1", "FlushStop 1", "FlushStop 0"],
            seen.Where(one => one.Name.StartsWith("Flush", StringComparison.Ordinal)).Select(one => $"{one.Name} {one["tile"]}"));
    }

    [Fact]
    public void What_an_exec_rebinds_is_staged_and_run()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        // Makes the queue.
        Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(Errno.Ok, scene.Exec(scene.Vm)));
        Assert.Equal(
            ["IoctlStart", "PopulateStart", "PopulateStop", "StageStart", "StageStop", "RunStart", "RunStop", "IoctlStop"],
            NamesOf(seen, "Ioctl", "Populate", "Stage", "Run"));
    }

    [Fact]
    public void The_rebind_worker_tries_again_when_something_has_moved_while_it_waited()
    {
        using var scene = new EvictScene(vmFlags: 2);
        uint x = scene.Bo(4 * MiB, placement: 3);
        uint y = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        scene.Map(scene.Vm, y, A + (64 * MiB));
        scene.Vm.Context.Preemption!.Add(new FakeQueue());
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            FenceTimeline gate = scene.Busy(scene.Vm, scene.Bo(4 * MiB), A + (128 * MiB));
            Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));
            Assert.Equal(Errno.Ok, scene.File.MoveBo(y, 0));
            gate.TrySignal(1);
            scene.Device.Pump();
        });
        Assert.Equal(
            ["xe_vm_rebind_worker_enter", "xe_vma_rebind_worker", "xe_vm_rebind_worker_retry", "xe_vma_rebind_worker",
                "xe_vm_rebind_worker_exit"],
            seen.Where(one => one.Name.Contains("worker", StringComparison.Ordinal)).Select(one => one.Name).Take(5));
        Assert.True(scene.Shows(scene.Vm, A, x) && scene.Shows(scene.Vm, A + (64 * MiB), y));
    }

    private static string[] NamesOf(List<SeenEvent> seen, params string[] pairs) =>
        [.. seen.Select(one => one.Name).Where(name => pairs.Any(pair => name == pair + "Start" || name == pair + "Stop"))];
}
