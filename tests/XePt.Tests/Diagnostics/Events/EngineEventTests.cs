using System.Diagnostics.Tracing;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Svm;
using XePt.Tests.Userptr;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Tests.Diagnostics.Events;

/// <summary>Events are raised where the driver raises them, with what it says (PT-200 to PT-204).</summary>
[Collection(nameof(EventCapture))]
public class EngineEventTests
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    [Fact]
    [Rule("PT-201")]
    [Rule("PT-203")]
    public void A_client_that_makes_and_ends_things_is_seen()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        List<SeenEvent> seen = EventCapture.Of(device, () =>
        {
            XeFile file = device.OpenFile();
            var vm = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
            Assert.Equal(Errno.Ok, file.VmCreate(ref vm));
            var gem = new DrmXeGemCreate { Size = 2 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined, VmId = vm.VmId };
            Assert.Equal(Errno.Ok, file.GemCreate(ref gem));
            file.FindVm(vm.VmId)!.Context.Ban();
            Assert.Equal(Errno.Ok, file.VmDestroy(new DrmXeVmDestroy { VmId = vm.VmId }));
            Assert.Equal(Errno.ENOENT, file.VmDestroy(new DrmXeVmDestroy { VmId = vm.VmId }));
        });
        string dev = $"dev={device.Name}";
        Assert.Equal(
        [
            $"IoctlStart {dev} request=67 call=DRM_IOCTL_XE_VM_CREATE",
            $"xe_vm_create {dev} vm=1 asid=1 flags=18",
            $"IoctlStop {dev} request=67 call=DRM_IOCTL_XE_VM_CREATE errno=0",
            $"IoctlStart {dev} request=65 call=DRM_IOCTL_XE_GEM_CREATE",
            $"xe_bo_move {dev} bo=1 size=2097152 new_placement_name=vram0 old_placement_name=system move_lacks_source=True",
            $"xe_bo_create {dev} size=2097152 flags=5 vm=1 bo=1",
            $"IoctlStop {dev} request=65 call=DRM_IOCTL_XE_GEM_CREATE errno=0",
            $"xe_vm_kill {dev} vm=1 asid=1 flags=50",
            $"IoctlStart {dev} request=68 call=DRM_IOCTL_XE_VM_DESTROY",
            $"FlushStart {dev} vm=1 tile=0 start=0 end=281474976710655",
            $"FlushStop {dev} vm=1 tile=0 start=0 end=281474976710655",
            $"xe_vm_free {dev} vm=1 asid=1 flags=50",
            $"IoctlStop {dev} request=68 call=DRM_IOCTL_XE_VM_DESTROY errno=0",
            $"IoctlStart {dev} request=68 call=DRM_IOCTL_XE_VM_DESTROY",
            $"IoctlStop {dev} request=68 call=DRM_IOCTL_XE_VM_DESTROY errno=-2",
        ], [.. seen.Where(one => !one.Name.StartsWith("xe_tlb", StringComparison.Ordinal)).Select(one => one.ToString())]);
        Assert.Contains($"xe_tlb_inval_fence_send {dev} fence=1 seqno=1 gt=0", seen.Select(one => one.ToString()));
    }

    [Fact]
    [Rule("PT-204")]
    [Rule("PT-202")]
    [Rule("PT-159")]
    public void A_bind_is_seen_stage_by_stage_and_its_vma_between_preparing_and_running()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB);
        List<SeenEvent> seen = EventCapture.Of(
            scene.Device, () => scene.Do(Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate), Op.Unmap(A + MiB, MiB)));
        Assert.Equal(
        [
            "IoctlStart", "ValidateStart", "ValidateStop", "SplitStart", "SplitStop", "ResideStart", "xe_bo_validate", "xe_bo_validate",
            "ResideStop", "StageStart", "StageStop", "xe_vma_bind", "xe_vma_unbind", "xe_vma_bind", "RunStart", "xe_vm_cpu_bind",
            "FlushStart", "xe_tlb_inval_fence_send", "xe_tlb_inval_fence_recv", "xe_tlb_inval_fence_signal", "xe_tlb_inval_fence_send",
            "xe_tlb_inval_fence_recv", "xe_tlb_inval_fence_signal", "FlushStop", "RetireStart", "RetireStop", "RunStop", "KeepStart",
            "KeepStop", "SignalStart", "SignalStop", "IoctlStop",
        ], [.. seen.Select(one => one.Name)]);
        Assert.Equal(("0", "2", "2"), (seen[1]["ops"], seen[3]["ops"], seen[5]["ops"]));
        Assert.Equal("0", seen.Single(one => one.Name == "RunStop")["outcome"]);
        SeenEvent bound = seen.First(one => one.Name == "xe_vma_bind");
        Assert.Equal(("1", "1", $"{A}", "0"), (bound["vm"], bound["asid"], bound["start"], bound["ptr"]));
        SeenEvent flush = seen.Single(one => one.Name == "FlushStart");
        Assert.Equal(("1", "0"), (flush["vm"], flush["tile"]));
    }

    [Fact]
    [Rule("PT-204")]
    public void A_split_unbinds_what_is_left_of_the_old_vma_and_binds_both_neighbours_also_those_that_are_skipped()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 6 * MiB), A, 6 * MiB, flags: VmBindFlags.Immediate));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => scene.Do(Op.Unmap(A + (2 * MiB), 2 * MiB)));
        Assert.Equal(
            [
                $"xe_vma_unbind {A + (2 * MiB)} {A + (4 * MiB) - 1}", $"xe_vma_bind {A} {A + (2 * MiB) - 1}",
                $"xe_vma_bind {A + (4 * MiB)} {A + (6 * MiB) - 1}",
            ],
            [.. seen.Where(one => one.Name.StartsWith("xe_vma", StringComparison.Ordinal))
                .Select(one => $"{one.Name} {one["start"]} {one["end"]}")]);
    }

    [Theory]
    [InlineData(FailurePoint.Prepare, true, Errno.ENOSPC)]
    [InlineData(FailurePoint.Run, true, Errno.ENOSPC)]
    [InlineData(FailurePoint.Lock, false, Errno.ENOSPC)]
    [InlineData(FailurePoint.OpsCreate, false, Errno.ENOMEM)]
    [Rule("PT-204")]
    public void Ops_that_cannot_be_carried_out_are_told_of(FailurePoint point, bool isTold, Errno errno)
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB);
        scene.Device.Failures.Arm(point);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(
            errno, scene.File.VmBind(scene.Vm.Id, Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate))));
        Assert.Equal(isTold ? 1 : 0, seen.Count(one => one.Name == "xe_vm_ops_fail"));
        Assert.Equal($"{(int)errno}", seen[^1]["errno"]);
        Assert.Equal(seen.Count(one => one.Name.EndsWith("Start", StringComparison.Ordinal)),
            seen.Count(one => one.Name.EndsWith("Stop", StringComparison.Ordinal)));
    }

    [Fact]
    [Rule("PT-204")]
    public void Nothing_to_carry_out_is_no_failure()
    {
        using var scene = new BindScene();
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => scene.Do(Op.Unmap(A, 2 * MiB)));
        Assert.DoesNotContain(seen, one => one.Name.StartsWith("xe_v", StringComparison.Ordinal));
    }

    [Fact]
    [Rule("PT-202")]
    public void An_invalidation_is_received_when_the_last_client_has_acknowledged_and_times_out_when_none_does()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB, flags: VmBindFlags.Immediate));
        var client = new LazyTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, client);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            scene.Do(Op.Unmap(A, MiB));
            client.Received[^1].Acknowledge();
            scene.Do(Op.Unmap(A + MiB, MiB));
            ((VirtualClock)scene.Device.Clock).Advance(TlbHub.TimeoutNs + 1);
        });
        string[] ofGt0 = [.. seen.Where(one => one.Name.StartsWith("xe_tlb", StringComparison.Ordinal) && one["gt"] == "0")
            .Select(one => $"{one.Name["xe_tlb_inval_fence_".Length..]} {one["seqno"]}")];
        Assert.Equal(["send 1", "recv 1", "signal 1", "send 2", "timeout 2", "signal 2"], ofGt0);
    }

    [Fact]
    [Rule("PT-200")]
    [Rule("PT-203")]
    [Rule("EVT-002")]
    public void A_bo_that_moves_in_fault_mode_takes_the_entries_of_its_vmas_along()
    {
        using var scene = new EvictScene(vmFlags: 6);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0)));
        Assert.Equal(["xe_bo_move", "xe_vma_evict", "xe_vma_invalidate", "FlushStart", "FlushStop"],
            [.. seen.Where(one => !one.Name.StartsWith("xe_tlb", StringComparison.Ordinal)).Select(one => one.Name)]);
        Assert.Equal(("tt", "vram0", "False"),
            (seen[0]["new_placement_name"], seen[0]["old_placement_name"], seen[0]["move_lacks_source"]));
        Assert.Equal($"{A}", seen[1]["start"]);
    }

    [Fact]
    [Rule("PT-200")]
    public void An_exec_rebinds_what_has_moved()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0));
            Assert.Equal(Errno.Ok, scene.Exec(scene.Vm));
        });
        Assert.Equal($"{A}", Assert.Single(seen, one => one.Name == "xe_vma_rebind_exec")["start"]);
        Assert.Contains("xe_bo_validate", seen.Select(one => one.Name));
        Assert.Equal("0", Assert.Single(seen, one => one is { Name: "IoctlStop" } && one["call"] == "DRM_IOCTL_XE_EXEC")["errno"]);
    }

    [Fact]
    [Rule("PT-201")]
    public void The_rebind_worker_is_seen()
    {
        using var scene = new EvictScene(vmFlags: 2);
        uint x = scene.Bo(4 * MiB, placement: 3);
        scene.Map(scene.Vm, x, A);
        scene.Vm.Context.Preemption!.Add(new FakeQueue());
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => Assert.Equal(Errno.Ok, scene.File.MoveBo(x, 0)));
        Assert.Equal(["xe_vm_rebind_worker_enter", "xe_vma_rebind_worker", "xe_vm_rebind_worker_exit"],
            [.. seen.Where(one => one.Name.Contains("worker", StringComparison.Ordinal)).Select(one => one.Name)]);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(6, true)]
    [Rule("PT-200")]
    public void A_userptr_whose_pages_change_is_seen(uint vmFlags, bool isInvalidated)
    {
        using var scene = new UserptrScene(vmFlags);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () => scene.Change());
        string[] vmas = [.. seen.Where(one => one.Name.StartsWith("xe_vma", StringComparison.Ordinal)).Select(one => one.Name)];
        Assert.Equal(isInvalidated
            ? ["xe_vma_userptr_invalidate", "xe_vma_invalidate", "xe_vma_userptr_invalidate_complete"]
            : ["xe_vma_userptr_invalidate", "xe_vma_userptr_invalidate_complete"], vmas);
        Assert.Equal($"{UserptrScene.Cpu}", seen.First(one => one.Name == "xe_vma_userptr_invalidate")["ptr"]);
    }

    [Fact]
    [Rule("PT-200")]
    [Rule("FLT-017")]
    public void A_fault_on_a_vma_is_seen_from_start_to_stop()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB));
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            var fault = new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A + 0x1000, Access = GpuAccessKind.Write };
            Assert.Equal(Errno.Ok, scene.Device.RaiseFault(fault));
            Assert.Equal(Errno.Ok, scene.Device.RaiseFault(fault with { PageAddress = 0x5000 }));
        });
        Assert.Equal(
        [
            "FaultStart", "xe_vma_pagefault", "xe_bo_validate", "StageStart", "StageStop", "RunStart", "xe_vm_cpu_bind", "RetireStart",
            "RetireStop", "RunStop", "FaultStop", "FaultStart", "FaultStop",
        ], [.. seen.Select(one => one.Name)]);
        Assert.Equal((scene.Vm.TlbVm.Asid.ToString(), $"{A + 0x1000}", "1"), (seen[0]["asid"], seen[0]["address"], seen[0]["access"]));
        Assert.Equal(("0", "-22"), (seen[10]["errno"], seen[12]["errno"]));
        Assert.Equal((seen[0]["asid"], $"{0x5000}"), (seen[12]["asid"], seen[12]["address"]));
    }

    [Fact]
    public void Pages_that_move_are_seen()
    {
        using var scene = new SvmScene();
        scene.Map(SvmScene.A, SvmScene.Size2M);
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
            Assert.Equal(Errno.Ok, scene.Fault(SvmScene.A, GpuAccessKind.Atomic)));
        SeenEvent start = Assert.Single(seen, one => one.Name == "MigrationStart");
        Assert.Equal(($"{SvmScene.A}", $"{SvmScene.A + SvmScene.Size2M - 1}", "True"), (start["start"], start["end"], start["to_device"]));
        Assert.Equal("0", Assert.Single(seen, one => one.Name == "MigrationStop")["errno"]);
    }

    [Fact]
    public void Work_that_waits_is_seen_when_it_is_done()
    {
        using var scene = new AsyncScene();
        List<SeenEvent> seen = EventCapture.Of(scene.Device, () =>
        {
            (uint handle, Fence fence) = scene.Pending();
            scene.Do([AsyncScene.In(handle)], AsyncScene.Null(AsyncScene.A, AsyncScene.Page));
            fence.Timeline!.TrySignal(fence.Seqno);
        });
        Assert.Equal(["Submitted", "Written"], [.. seen.Where(one => one.Name == "Fence").Select(one => one["kind"])]);
        Assert.DoesNotContain(seen, one => one.Name == "xe_vm_cpu_bind");
    }

    [Fact]
    public void Without_listeners_nobody_watches_a_device_and_a_level_and_a_group_leave_out_what_is_not_asked_for()
    {
        using var scene = new BindScene();
        Assert.False(scene.Device.Watch.IsTraced);
        List<SeenEvent> seen = EventCapture.During(
            () => scene.Do(Op.Null(A, MiB)), EventLevel.Informational, XeEventGroups.Ioctl | XeEventGroups.Stage);
        Assert.Equal(["IoctlStart", "IoctlStop"], [.. seen.Where(one => one["dev"] == scene.Device.Name).Select(one => one.Name)]);
        Assert.False(scene.Device.Watch.IsTraced);
    }

    private sealed class LazyTlb : ITlbClient
    {
        public List<TlbInvalidation> Received { get; } = [];

        public void Invalidate(in TlbInvalidation invalidation) => Received.Add(invalidation);
    }
}
