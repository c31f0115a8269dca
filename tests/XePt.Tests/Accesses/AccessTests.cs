using XePt.Bench;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Tests.Svm;
using XePt.Tests.Syncs;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Accesses;

/// <summary>Simulated accesses of a GPU: what becomes of each kind on each kind of memory, and what else is left as it was.</summary>
[Collection(nameof(AloneCollection))]
public class AccessTests
{
    public static TheoryData<string> Platforms => ["lnl", "bmg", "pvc"];

    private static PlatformInfo Platform(string name) =>
        XePlatforms.TryGet(name, out PlatformInfo? found) ? found : throw new ArgumentException(name);

    [Theory, MemberData(nameof(Platforms))]
    public void Both_sides_see_each_other_s_bytes_wherever_the_memory_lives(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, 2 * Size2M);
        var bytes = new byte[8];
        Assert.True(scene.Process.TryWrite(A + 0x1ffe, [1, 2, 3, 4]));

        GpuAccess read = scene.Vm.Access(A + 0x1ffe, GpuAccessKind.Read, bytes.AsSpan(0, 4));
        Assert.Equal((GpuAccessStatus.Done, 4, 1, 0), (read.Status, read.Bytes, read.Faults, read.ScratchBytes));
        Assert.Equal([1, 2, 3, 4], bytes[..4]);

        Assert.Equal(0, scene.Vm.Access(A + 0x3000, GpuAccessKind.Write, [9, 8]).Faults);
        Assert.True(scene.Process.TryRead(A + 0x3000, bytes.AsSpan(0, 2)));
        Assert.Equal([9, 8], bytes[..2]);

        // Where the CPU's touch has brought it back to system memory, the GPU finds it again.
        Assert.True(scene.Vm.Access(A + 0x1ffe, GpuAccessKind.Read, bytes.AsSpan(0, 4)).IsDone);
        Assert.Equal([1, 2, 3, 4], bytes[..4]);
        Assert.Equal(0, scene.Vm.Access(A + 0x2000, GpuAccessKind.Read, bytes).Faults);
    }

    /// <summary>The page goes each time that its fault is answered: after 32 faults without an access the access gives up, and the next
    /// one begins anew.</summary>
    [Theory, MemberData(nameof(Platforms))]
    [Rule("CON-007")]
    public void An_access_that_never_gets_to_its_page_gives_up_after_32_faults(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, Size2M);
        // A page before it is read: what counts is faults in a row on one page.
        Assert.True(scene.Process.TryWrite(A + Page - 1, [7]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Replying = () => scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, Size2M));
        var bytes = new byte[2];
        scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, Size2M));
        int before = scene.Replies.Count;
        GpuAccess access = scene.Vm.Access(A + Page - 1, GpuAccessKind.Read, bytes);
        Assert.Equal((GpuAccessStatus.Refaulting, 32, 0), (access.Status, access.Faults, access.Bytes));
        Assert.Equal(32, scene.Replies.Count - before);
        Assert.All(scene.Replies.Skip(before), reply => Assert.Equal(Errno.Ok, reply.Error));

        // One that comes through in time is not told apart from others.
        int answers = 0;
        scene.Replying = () =>
        {
            if (++answers < 32)
                scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, Size2M));
        };
        access = scene.Vm.Access(A + Page - 1, GpuAccessKind.Read, bytes);
        // The limit is looked at when the fault is answered, so the thirty-second answer is one too many, however good.
        Assert.Equal((GpuAccessStatus.Refaulting, 32), (access.Status, access.Faults));
        scene.Replying = null;
        access = scene.Vm.Access(A + Page - 1, GpuAccessKind.Read, bytes);
        Assert.Equal((GpuAccessStatus.Done, 0, 2), (access.Status, access.Faults, access.Bytes));
        Assert.Equal([7, 0], bytes);
    }

    [Theory, MemberData(nameof(Platforms))]
    public void Atomics_of_both_sizes_give_the_old_value_and_leave_the_new_one(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, Size2M);
        (GpuAtomicOperation Operation, ulong Operand, ulong Before, ulong After32, ulong After64)[] cases = [
            (GpuAtomicOperation.Add, 2, 0xffff_ffff, 1, 0x1_0000_0001),
            (GpuAtomicOperation.Exchange, 7, 5, 7, 7),
            (GpuAtomicOperation.CompareExchange, 7, 5, 7, 7),
            (GpuAtomicOperation.CompareExchange, 7, 6, 6, 6),
            (GpuAtomicOperation.Min, 7, 0xffff_fff0, 7, 7),
            (GpuAtomicOperation.Max, 7, 0xffff_fff0, 0xffff_fff0, 0xffff_fff0),
            (GpuAtomicOperation.SignedMin, 7, 0xffff_fff0, 0xffff_fff0, 7),
            (GpuAtomicOperation.SignedMax, 7, 0xffff_fff0, 7, 0xffff_fff0),
            (GpuAtomicOperation.And, 6, 0xc, 4, 4),
            (GpuAtomicOperation.Or, 6, 0xc, 0xe, 0xe),
            (GpuAtomicOperation.Xor, 6, 0xc, 0xa, 0xa)];
        foreach (var (operation, operand, before, after32, after64) in cases)
        {
            scene.Vm.Write(A + 8, before);
            Assert.True(scene.Vm.Atomic(A + 8, GpuAtomic.On64(operation, operand, comparand: 5), out ulong old).IsDone);
            Assert.Equal((before, after64), (old, scene.Vm.Read<ulong>(A + 8)));
            scene.Vm.Write(A + 8, 0x1122_3344_0000_0000 | before);
            Assert.True(scene.Vm.Atomic(A + 8, GpuAtomic.On32(operation, (uint)operand, comparand: 5), out old).IsDone);
            Assert.Equal((before, 0x1122_3344_0000_0000 | after32), (old, scene.Vm.Read<ulong>(A + 8)));
        }

        Assert.Throws<ArgumentException>(() => scene.Vm.Atomic(A + 4, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out _));
        Assert.Throws<ArgumentException>(() => scene.Vm.Atomic(A, default, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Vm.Access(A, GpuAccessKind.Atomic, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Vm.Access(A, GpuAccessKind.Read, new byte[4], gt: 7));
    }

    /// <summary>An atomic access needs more of the entry than a write, so that it faults where a write did not.</summary>
    [Fact]
    public void An_atomic_on_system_memory_of_a_discrete_device_faults_and_moves_it()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        // Nobody moves what may stay in system memory.
        scene.Device.Failures.Arm(FailurePoint.BlockAllocation);
        Assert.Equal(1, scene.Vm.Access(A, GpuAccessKind.Write, [5]).Faults);
        Assert.False(scene.IsInVram(A));
        GpuAccess atomic = scene.Vm.Atomic(A, GpuAtomic.On32(GpuAtomicOperation.Add, 1), out ulong old);
        Assert.Equal((GpuAccessStatus.Done, 1, 5ul), (atomic.Status, atomic.Faults, old));
        Assert.True(scene.IsInVram(A));
        Assert.Equal(2, scene.Replies[^1].Fault.Type);
    }

    [Theory, MemberData(nameof(Platforms))]
    [Rule("SVM-053")]
    [Rule("SVM-054")]
    public void What_the_driver_refuses_is_nacked_with_its_errno_and_the_next_access_is_as_if_it_had_not_been(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Process.Map(AddressRange.OfSize(A + Size2M, Page), CpuProtection.Read));
        XeBo bo = scene.File.CreateBo(0x10000);
        scene.Vm.Map(bo, A + (4 * Size2M), flags: VmBindFlags.ReadOnly);
        var bytes = new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 };

        GpuAccess write = scene.Vm.Access(A + Size2M - 4, GpuAccessKind.Write, bytes);
        Assert.Equal((GpuAccessStatus.Nacked, Errno.EPERM, 4, 2), (write.Status, write.Error, write.Bytes, write.Faults));
        Assert.Equal((A + Size2M, "SVM-054"), (write.Last.Va, write.Why.RuleId));
        Assert.Equal(0x0403_0201u, scene.Vm.Read<uint>(A + Size2M - 4));

        Assert.Equal(Errno.ENOENT, scene.Vm.Access(A + (2 * Size2M), GpuAccessKind.Read, bytes).Error);
        Assert.Equal(Errno.EPERM, scene.Vm.Access(A + (4 * Size2M), GpuAccessKind.Write, bytes).Error);
        GpuAccess atomic = scene.Vm.Atomic(A + (4 * Size2M), GpuAtomic.On32(GpuAtomicOperation.Add, 1), out ulong old);
        Assert.Equal((GpuAccessStatus.Nacked, Errno.EPERM, 0ul), (atomic.Status, atomic.Error, old));
        Assert.Equal(GpuAccessStatus.OutOfRange, scene.Vm.Access(scene.Vm.Size - 4, GpuAccessKind.Read, bytes).Status switch
        {
            GpuAccessStatus.Nacked => scene.Vm.Access(scene.Vm.Size, GpuAccessKind.Read, bytes).Status,
            var other => other,
        });

        Assert.Equal(GpuAccessStatus.Done, scene.Vm.Access(A + (4 * Size2M), GpuAccessKind.Read, bytes).Status);
        Assert.Equal(new byte[8], bytes);
        Assert.Equal(GpuAccessStatus.Done, scene.Vm.Access(A, GpuAccessKind.Read, bytes).Status);
    }

    [Fact]
    public void A_VM_that_is_gone_nacks()
    {
        using var scene = new SvmScene();
        scene.Map(A, Page);
        Assert.True(scene.Vm.Write(A, [1]).IsDone);
        scene.Vm.Destroy();
        GpuAccess access = scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]);
        Assert.Equal((GpuAccessStatus.Nacked, 1), (access.Status, access.Faults));
    }

    [Theory, MemberData(nameof(Platforms))]
    public void Null_pages_and_scratch_pages_give_zero_and_swallow_the_rest(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Vm.MapNull(AddressRange.OfSize(A, Size2M));
        XeBo bo = scene.File.CreateBo(Size2M);
        scene.Vm.Map(bo, A + Size2M);
        scene.Vm.Write(A + Size2M, 0x55u);
        var bytes = new byte[] { 1, 2, 3, 4 };

        GpuAccess write = scene.Vm.Access(A + Size2M - 2, GpuAccessKind.Write, bytes);
        Assert.Equal((GpuAccessStatus.Scratch, 4, 2, true), (write.Status, write.Bytes, write.ScratchBytes, write.IsDone));
        Assert.True(scene.Vm.Access(A + Size2M - 2, GpuAccessKind.Read, bytes).IsDone);
        Assert.Equal([0, 0, 3, 4], bytes);
        GpuAccess atomic = scene.Vm.Atomic(A, GpuAtomic.On32(GpuAtomicOperation.Add, 1), out ulong old);
        Assert.Equal((GpuAccessStatus.Scratch, 0ul), (atomic.Status, old));

        XeVm scratch = scene.File.CreateVm(VmCreateFlags.ScratchPage);
        GpuAccess read = scratch.Access(A, GpuAccessKind.Read, bytes);
        Assert.Equal((GpuAccessStatus.Scratch, 4, 0), (read.Status, read.ScratchBytes, read.Faults));
        Assert.Equal(new byte[4], bytes);
    }

    [Theory, MemberData(nameof(Platforms))]
    public void Userptrs_are_pages_of_the_process(string platform)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, 0x4000);
        scene.Process.TryWrite(A + 0x1000, [42]);
        foreach (VmCreateFlags flags in new[] { VmCreateFlags.None, VmCreateFlags.LrMode, VmCreateFlags.LrMode | VmCreateFlags.FaultMode })
        {
            XeVm vm = scene.File.CreateVm(flags);
            vm.MapUserptr(AddressRange.OfSize(0x10_0000, 0x4000), A, flags: VmBindFlags.Immediate);
            Assert.Equal(42, vm.Read<byte>(0x10_1000));
            Assert.True(vm.Access(0x10_1ffe, GpuAccessKind.Write, [1, 2, 3]).IsDone);
            var bytes = new byte[3];
            scene.Process.TryRead(A + 0x1ffe, bytes);
            Assert.Equal([1, 2, 3], bytes);
            vm.Destroy();
        }
    }

    /// <summary>The whole way in an own order of things: lost at a full queue, forgotten by a reset, and put off.</summary>
    [Fact]
    [Rule("FLT-011")]
    public void A_fault_that_finds_its_queue_full_is_lost()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Page);
        for (int i = 0; i < scene.Device.FaultQueueCapacity; i++)
            Assert.Equal(Errno.Ok, scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid + 4 }));
        GpuAccess access = scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]);
        Assert.Equal((GpuAccessStatus.Lost, 1), (access.Status, access.Faults));
        scene.Device.Pump();
        Assert.Equal(GpuAccessStatus.Done, scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]).Status);
    }

    [Fact]
    public void A_fault_whose_VM_has_work_in_flight_is_pending_until_that_is_done()
    {
        using var scene = new SvmScene();
        scene.Map(A, Page);
        uint syncobj = scene.File.SyncobjCreate();
        Fence start = scene.Device.CreateFence("start");
        scene.File.SyncobjAttach(syncobj, start);
        XeBo bo = scene.File.CreateBo(0x10000);
        scene.Vm.Map(bo, A + Size2M, flags: VmBindFlags.Immediate, syncs: [new DrmXeSync { Type = SyncType.Syncobj, Handle = syncobj }]);

        GpuAccess access = scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]);
        Assert.Equal((GpuAccessStatus.Pending, 1), (access.Status, access.Faults));
        Assert.Empty(scene.Replies);
        start.TrySignal();
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
        Assert.Equal((GpuAccessStatus.Done, 0), (scene.Vm.Access(A, GpuAccessKind.Read, new byte[1]) is var done
            ? (done.Status, done.Faults) : default));
    }

    public static TheoryData<FailurePoint> Points() => new(MirrorFaultTests.Points);

    /// <summary>Whatever fails in the service of the fault: the access says so or is done, and then the next one is.</summary>
    [Theory, MemberData(nameof(Points))]
    [Rule("HST-039")]
    public void A_failure_in_the_service_loses_no_byte(FailurePoint point)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Process.TryWrite(A + 77, [1, 2]);
        scene.Device.Failures.Arm(point);
        GpuAccess write = scene.Vm.Access(A + 78, GpuAccessKind.Write, [3]);
        Assert.True(write.IsDone || (write.Status == GpuAccessStatus.Nacked && write.Bytes == 0), $"{write}");
        scene.Device.Failures.Disarm();
        Assert.Equal(write.IsDone ? 0x0301 : 0x0201, scene.Vm.Read<ushort>(A + 77));
        scene.Process.TryWrite(A + 77, [4]);
        Assert.Equal(write.IsDone ? 0x0304 : 0x0204, scene.Vm.Read<ushort>(A + 77));
    }

    [Fact]
    [Rule("CON-005")]
    public void An_invalidation_is_acknowledged_when_the_access_in_its_middle_is_over()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.True(scene.Vm.Write(A, [1]).IsDone);
        var held = new XePt.Accesses.AccessGate(scene.Device.Tlb);
        unsafe
        {
            long* pin = held.Enter();
            scene.Device.Tlb.WaitLimit = TimeSpan.Zero;
            ulong before = scene.Device.Tlb.Acknowledged(0);
            scene.Process.Discard(AddressRange.OfSize(A, Page));
            Assert.Equal(before, scene.Device.Tlb.Acknowledged(0));
            // A younger access is not waited for.
            long* younger = held.Enter();
            held.Exit(pin);
            Assert.True(scene.Device.Tlb.Acknowledged(0) > before);
            held.Exit(younger);
        }
    }

    /// <summary>An access that has left acknowledges all that has waited for it before anything goes on: a fault that one of them lets
    /// go on may meet a change that waits for another.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("PT-178")]
    public unsafe void All_that_waits_for_an_access_is_acknowledged_before_anything_goes_on()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Assert.True(scene.Vm.Write(A, [1]).IsDone);
        TlbHub tlb = scene.Device.Tlb;
        XePt.Accesses.AccessGate gate = scene.Device.Accesses.Gate;
        long* pin = gate.Enter();
        var request = new XePt.Tlb.TlbRequest(scene.Vm.TlbVm, A, A + Page, TlbInvalidationCause.Zap);
        Fence[] owed = [tlb.Invalidate(0, request), tlb.Invalidate(1, request)];
        var found = new List<bool>();
        foreach (Fence fence in owed)
            fence.OnSignalled(_ => found.Add(owed.All(other => other.IsSignalled)));
        Assert.DoesNotContain(owed, fence => fence.IsSignalled);
        gate.Exit(pin);
        Assert.Equal([true, true], found);
    }

    [Theory, InlineData("lnl", 2 * Page), InlineData("bmg", Size2M)]
    public void Accesses_allocate_nothing(string platform, ulong discarded)
    {
        using var scene = new SvmScene(Platform(platform));
        scene.Map(A, Size2M);
        Assert.Equal(0, Allocations.Of(100, Round));

        void Round()
        {
            Span<byte> bytes = stackalloc byte[0x1008];
            bool isDone = scene.Vm.Access(A + 0xffc, GpuAccessKind.Write, bytes).IsDone
                && scene.Vm.Access(A + 0xffc, GpuAccessKind.Read, bytes).IsDone
                && scene.Vm.Atomic(A, GpuAtomic.On64(GpuAtomicOperation.Add, 1), out _).IsDone;
            Assert.True(isDone);
            scene.Process.Discard(AddressRange.OfSize(A, discarded));
            scene.Replies.Clear();
        }
    }
}
