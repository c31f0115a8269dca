using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Whose memory a mirror shows, what scratch pages are to it, and in which order a change takes effect (specification 04 chapters
/// 4, 6 and 9).</summary>
public class MirrorSetupTests
{
    [Fact]
    [Rule("SVM-016")]
    public void Vms_of_a_device_take_each_other_s_pages_as_they_are()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        Assert.Equal(2, scene.Mirrors.Device.Pagemaps.Length);
        XeVm second = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        second.MapMirror(AddressRange.OfSize(0, second.Size));
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Device.RaiseFault(new GpuFault { Asid = second.TlbVm.Asid, PageAddress = A });
        Assert.Equal(Errno.Ok, scene.Replies[^1].Error);
        Assert.Equal(scene.Vm.Translate(A).Address, second.Translate(A).Address);
        Assert.Equal((2048L, 0L, 1), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmCpuCopyKb),
            scene.Memory.DeviceBlocks));
    }

    [Fact]
    [Rule("SVM-011")]
    [Rule("SVM-012")]
    public void A_mirror_shows_who_made_the_vm_and_a_userptr_who_binds_it()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? forked));
        using ModelProcess child = forked!;
        Assert.True(scene.Process.TryWrite(A, [1]));
        Assert.True(child.TryWrite(A, [2]));
        scene.File.AddressSpace = child;
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M));
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr, Userptr = A, Addr = 1ul << 32, Range = Size2M, PatIndex = 2, Flags = VmBindFlags.Immediate,
        }]));
        Assert.Equal((1, 2), (scene.Vm.Read<byte>(A), scene.Vm.Read<byte>(1ul << 32)));
        Assert.Equal((1, 1), (scene.Process.SubscriptionCount, child.SubscriptionCount));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, 1ul << 32, Size2M));
    }

    [Fact]
    [Rule("FLT-046")]
    public void A_userptr_that_the_cpu_may_not_write_any_more_is_nacked()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr, Userptr = A, Addr = 1ul << 32, Range = Size2M, PatIndex = 2, Flags = VmBindFlags.Immediate,
        }]));
        scene.Process.Protect(AddressRange.OfSize(A, Size2M), CpuProtection.Read);
        Assert.Equal(Errno.EPERM, scene.Fault(1ul << 32));
        scene.Process.Protect(AddressRange.OfSize(A, Size2M), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, scene.Fault(1ul << 32));
    }

    /// <summary>The garbage goes before a bind is looked at, also before one that is refused.</summary>
    [Fact]
    [Rule("SVM-125")]
    public void A_bind_that_is_refused_has_waited_for_the_collector_and_changes_nothing_else()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, 2 * Size2M);
        foreach (ulong at in (ulong[])[A, A + Size2M])
            Assert.Equal(Errno.Ok, scene.Fault(at));
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M));
        string before = string.Join(", ", scene.Vm.GetVmas());
        DrmXeVmBindOp elsewhere = new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = A + (8 * Size2M), Range = Size2M };
        Assert.Equal(Errno.EBUSY, scene.File.VmBind(scene.Vm.Id, [elsewhere, elsewhere with { Addr = A }]));
        Assert.Equal((1, true, before), (scene.Ranges.Count, scene.HasRange(A), string.Join(", ", scene.Vm.GetVmas())));
        Assert.True(scene.Vm.Translate(A).IsPresent);
    }

    [Fact]
    [Rule("EVT-012")]
    public void For_a_suspend_memory_of_processes_leaves_the_device_too()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.True(scene.Process.TryWrite(A, [6]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Device.EvictAll());
        Assert.Equal((0, false), (scene.Memory.DeviceBlocks, scene.RangeAt(A).Has(SvmRangeFlags.HasPages)));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((6, true), (scene.Vm.Read<byte>(A), scene.IsInVram(A)));
    }

    [Fact]
    [Rule("SVM-017")]
    public void With_scratch_pages_a_mirror_reads_zeros_until_a_range_is_bound()
    {
        using var scene = new SvmScene();
        XeVm vm = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage);
        vm.MapMirror(AddressRange.OfSize(0, vm.Size));
        scene.Map(A, Size2M);
        Assert.True(scene.Process.TryWrite(A, [7]));
        byte[] read = [1];
        GpuAccess access = vm.Access(A, GpuAccessKind.Read, read);
        Assert.Equal((0, 0, 1), (read[0], access.Faults, access.ScratchBytes));
        vm.Prefetch(AddressRange.OfSize(A, Size2M), region: 1);
        access = vm.Access(A, GpuAccessKind.Read, read);
        Assert.Equal((7, 0, 0), (read[0], access.Faults, access.ScratchBytes));
    }

    /// <summary>While the CPU maps a BO at its address, the mirror that takes the place of its binding leads to nothing.</summary>
    [Fact]
    [Rule("SVM-131")]
    public void An_area_that_is_given_back_shows_no_bo_until_the_cpu_lets_go_of_it()
    {
        using var scene = new SvmScene();
        AddressRange place = AddressRange.OfSize(A, Size2M);
        scene.Process.Map(place, CpuProtection.None);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: scene.Bo(Size2M)));
        scene.Process.Map(place, CpuProtection.ReadWrite, CpuVmaKind.Io);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.CpuAddrMirror));
        Assert.Equal(Errno.EFAULT, scene.Fault(A));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(Errno.Ok, scene.Process.Unmap(place));
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    [Fact]
    [Rule("SVM-146")]
    [Rule("SVM-151")]
    [Rule("STA-010")]
    [Rule("PT-206")]
    public void Entries_go_then_tlbs_are_flushed_then_the_memory_and_then_there_is_garbage()
    {
        var clock = new VirtualClock();
        using var scene = new SvmScene(drive: DriveMode.Queued, options: new XeDeviceOptions { Clock = clock });
        scene.Map(A, 2 * Size2M);
        foreach (ulong at in (ulong[])[A, A + Size2M])
            Assert.Equal(Errno.Ok, scene.Fault(at));
        int blocks = scene.Memory.DeviceBlocks, heard = 0;
        var client = new MiddleClient(() =>
        {
            heard++;
            Assert.Empty(scene.Vm.GetMappings());
            Assert.False(scene.Vm.Context.Mirrors!.HasGarbage);
            Assert.True(scene.Process.TryFindVma(A, out _));
            Assert.Equal(blocks, scene.Memory.DeviceBlocks);
            clock.Pause(10_000);
        });
        using TlbRegistration first = scene.Device.Tlb.Register(0, client);
        using TlbRegistration second = scene.Device.Tlb.Register(1, client);
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A, 2 * Size2M)));
        Assert.Equal((2, true, 0), (heard, scene.Vm.Context.Mirrors!.HasGarbage, scene.Memory.DeviceBlocks));
        // Two ranges, and the time of the whole once for each GT.
        foreach (int gt in (int[])[0, 1])
            Assert.Equal((2L, 20L), (scene.Count(GtCounter.SvmTlbInvalCount, gt), scene.Count(GtCounter.SvmTlbInvalUs, gt)));
    }

    /// <summary>Somebody is inside the VM, and whoever changes the memory does not wait for that.</summary>
    [Fact]
    [Rule("CON-003")]
    public void A_change_does_not_wait_for_who_is_inside_the_vm()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        bool isOver = false;
        scene.Once(FailurePoint.PageCollection, () =>
        {
            Assert.True(scene.Vm.Context.Writer.IsHeldHere);
            var other = new Thread(() => scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M)));
            other.Start();
            isOver = other.Join(TimeSpan.FromMinutes(1));
            // And so may who is inside.
            scene.Process.Touch(AddressRange.OfSize(A, Page), write: true);
        });
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((true, false), (isOver, scene.Vm.Translate(A + Size2M).IsPresent));
    }

    /// <summary>Pages of a range in the memory of both tiles: each is brought back by its own.</summary>
    [Fact]
    [Rule("VEC-10")]
    public void Pages_of_two_tiles_are_brought_back_each_by_its_own()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 2));
        scene.GiveItsOwnBlock(AddressRange.OfSize(A, Size64K));
        (long first, long second) = (scene.Count(GtCounter.SvmCpuCopyKb), scene.Count(GtCounter.SvmCpuCopyKb, other));
        Assert.Equal(Errno.Ok, scene.InRange(A, range => RangeMigration.Evict(scene.Mirrors, range)));
        Assert.Equal(64, scene.Count(GtCounter.SvmCpuCopyKb) - first);
        Assert.Equal(2048 - 64, scene.Count(GtCounter.SvmCpuCopyKb, other) - second);
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }

    [Fact]
    [Rule("VEC-09")]
    public void A_range_that_could_not_be_unbound_is_never_listed_again()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Device.Failures.Arm(FailurePoint.RangeUnbind);
        scene.Process.Unmap(AddressRange.OfSize(A, Page));
        Assert.Equal((true, 0), (scene.HasRange(A), scene.Ranges.FirstGarbage));
        scene.Process.Unmap(AddressRange.OfSize(A + Page, Page));
        Assert.Equal((true, 0), (scene.HasRange(A), scene.Ranges.FirstGarbage));
        Assert.True(scene.RangeAt(A).Has(SvmRangeFlags.Unmapped));
    }

    private sealed class MiddleClient(Action middle) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            middle();
            invalidation.Acknowledge();
        }
    }
}
