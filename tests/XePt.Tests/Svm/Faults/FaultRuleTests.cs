using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Queues, the decision table and faults on what is no mirror (specification 04 chapter 3, statistics of chapter 15).</summary>
public class FaultRuleTests
{
    private const ulong Gpu = 1ul << 40;

    [Fact]
    [Rule("FLT-030")]
    [Rule("FLT-033")]
    [Rule("FLT-035")]
    [Rule("FLT-036")]
    [Rule("FLT-037")]
    [Rule("FLT-038")]
    [Rule("FLT-005")]
    [Rule("FLT-006")]
    public void The_first_condition_that_holds_decides()
    {
        using var scene = new SvmScene();
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, 0, scene.Vm.Size));
        Assert.Equal(Errno.EINVAL, scene.Fault(Gpu));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, Gpu, Size2M, VmBindFlags.ReadOnly, bo: scene.Bo(Size2M)));
        Raise(scene, new GpuFault { PageAddress = Gpu, Level = GpuFault.NackLevel, Access = GpuAccessKind.Write });
        Assert.Equal(Errno.EFAULT, scene.Replies[^1].Error);
        foreach (GpuAccessKind access in (GpuAccessKind[])[GpuAccessKind.Write, GpuAccessKind.Atomic, (GpuAccessKind)3])
            Assert.Equal(Errno.EPERM, scene.Fault(Gpu, access));
        Assert.Equal((0L, 0), (scene.Count(GtCounter.VmaPagefaultCount), scene.Vm.Context.Space.LastFault));

        // What the message says it is does not matter.
        Raise(scene, new GpuFault { PageAddress = Gpu, Type = 2 });
        Assert.Equal(Errno.Ok, scene.Replies[^1].Error);
        Assert.Equal(scene.Vm.Context.Space.Find(Gpu), scene.Vm.Context.Space.LastFault);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, Gpu, Size2M));
        Assert.Equal(0, scene.Vm.Context.Space.LastFault);
    }

    [Fact]
    [Rule("FLT-041")]
    [Rule("FLT-042")]
    [Rule("FLT-043")]
    [Rule("FLT-013")]
    [Rule("STA-011")]
    public void All_of_a_bo_is_bound_on_the_tile_of_the_fault_and_each_fault_counts()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, 4 * Size2M, bo: scene.Bo(4 * Size2M)));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M + Page));
        Assert.Equal((true, true), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A + (4 * Size2M) - 1).IsPresent));
        Assert.False(scene.Vm.Translate(A, tile: 1).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: other));
        Assert.True(scene.Vm.Translate(A, tile: 1).IsPresent);

        // A duplicate is answered on its own and finds nothing to do.
        long commits = scene.Vm.Counters.Commits;
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M + Page));
        Assert.Equal(commits, scene.Vm.Counters.Commits);
        Assert.Equal((2L, 16384L), (scene.Count(GtCounter.VmaPagefaultCount), scene.Count(GtCounter.VmaPagefaultKb)));
        Assert.Equal((1L, 8192L), (scene.Count(GtCounter.VmaPagefaultCount, other), scene.Count(GtCounter.VmaPagefaultKb, other)));

        // An atomic binds also what is valid.
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(commits + 1, scene.Vm.Counters.Commits);
        scene.Device.GetGtStatistics(0).Clear();
        Assert.Equal((0L, 1L), (scene.Count(GtCounter.VmaPagefaultCount), scene.Count(GtCounter.VmaPagefaultCount, other)));
    }

    [Fact]
    [Rule("FLT-047")]
    public void A_fault_on_a_null_vma_writes_null_entries()
    {
        using var scene = new SvmScene();
        Assert.Equal(Errno.Ok, scene.File.VmBind(
            scene.Vm.Id, [new DrmXeVmBindOp { Op = VmBindOp.Map, Addr = A, Range = Size2M, Flags = VmBindFlags.Null }]));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(EntryBits.Null, scene.Vm.Translate(A).Entry & EntryBits.Null);
    }

    [Fact]
    [Rule("FLT-049")]
    public void A_system_bo_takes_no_atomic_at_first_touch_and_all_of_them_later()
    {
        using var scene = new SvmScene();
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, bo: scene.Bo(Size2M, placements: 1)));
        Assert.Equal(Errno.EINVAL, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        // A BO with one placement: the entries allow atomics, so none faults.
        Assert.Equal(EntryBits.AtomicEnable, scene.Vm.Translate(A).Entry & EntryBits.AtomicEnable);
    }

    [Theory]
    [InlineData(false, GpuAccessKind.Atomic, AtomicAccess.Cpu)]
    [InlineData(false, GpuAccessKind.Atomic, AtomicAccess.Undefined)]
    [InlineData(true, GpuAccessKind.Write, AtomicAccess.Cpu)]
    [InlineData(true, GpuAccessKind.Read, AtomicAccess.Undefined)]
    [Rule("FLT-050")]
    public void An_integrated_device_and_plain_accesses_need_no_device_memory(bool isDiscrete, GpuAccessKind access, AtomicAccess attribute)
    {
        using var scene = new SvmScene(isDiscrete ? XePlatforms.Bmg : XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file: -1));
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, attribute));
        Assert.Equal(Errno.Ok, scene.Fault(A, access));
        Assert.Equal(0, scene.Memory.DeviceBlocks);
        bool enables = !isDiscrete && attribute != AtomicAccess.Cpu;
        Assert.Equal(enables, (scene.Vm.Translate(A).Entry & EntryBits.AtomicEnable) != 0);
    }

    [Fact]
    [Rule("FLT-012")]
    [Rule("FLT-010")]
    [Rule("CFG-007")]
    [Rule("CON-002")]
    public void Faults_of_one_queue_wait_for_each_other_and_those_of_another_do_not()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        XeVm[] vms = [.. Enumerable.Range(0, 4).Select(_ => scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode))];
        XeVm same = vms.Single(vm => vm.TlbVm.Asid % 4 == scene.Vm.TlbVm.Asid % 4);
        XeVm other = vms.First(vm => vm != same);
        scene.Map(A, Size2M);
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        foreach (XeVm vm in (XeVm[])[scene.Vm, same, other])
            scene.Device.RaiseFault(new GpuFault { Asid = vm.TlbVm.Asid, PageAddress = A });
        scene.Device.Pump();
        Assert.Equal([other.TlbVm.Asid], scene.Replies.Select(reply => reply.Fault.Asid));
        running.TrySignal();
        scene.Device.Pump();
        Assert.Equal([other.TlbVm.Asid, scene.Vm.TlbVm.Asid, same.TlbVm.Asid], scene.Replies.Select(reply => reply.Fault.Asid));
        Assert.Equal([Errno.EINVAL, Errno.Ok, Errno.EINVAL], scene.Replies.Select(reply => reply.Error));
    }

    [Fact]
    [Rule("FLT-015")]
    public void A_reset_does_not_touch_the_fault_that_is_being_serviced()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        Raise(scene, new GpuFault { PageAddress = A });
        scene.Device.Pump();
        Raise(scene, new GpuFault { PageAddress = A + Page });
        Assert.Equal(1, scene.Device.ResetGt(0));
        running.TrySignal();
        scene.Device.Pump();
        Assert.Equal([A], scene.Replies.Select(reply => reply.Fault.PageAddress));
    }

    [Fact]
    [Rule("FLT-016")]
    [Rule("HST-037")]
    public void The_answer_echoes_the_fault_and_says_only_whether_it_failed()
    {
        var fault = new GpuFault
        {
            Asid = 0xabcde,
            EngineClass = 5,
            EngineInstance = 0x2a,
            VirtualFunction = 0x15,
            ProducerData = 0xbeef,
            Access = GpuAccessKind.Write,
        };
        Span<uint> good = stackalloc uint[2], bad = stackalloc uint[2];
        fault.ToReplyWords(isUnsuccessful: false, good);
        fault.ToReplyWords(isUnsuccessful: true, bad);
        Assert.Equal(1u, good[0] & 1);
        Assert.Equal(0xabcdeu, good[0] >> 12);
        // The bit that is named success says failure, and the kind of the reply is 0: access.
        Assert.Equal((0u, 2u), (good[0] & 2, bad[0] & 2));
        Assert.Equal((0u, 0u), ((good[0] >> 2) & 7, (bad[0] >> 2) & 7));
        Assert.Equal(0x15u | (0x2au << 7) | (5u << 13) | (0xbeefu << 16), good[1]);
        Assert.Equal((1, good[1]), (System.Numerics.BitOperations.PopCount(good[0] ^ bad[0]), bad[1]));
    }

    [Fact]
    [Rule("CFG-008")]
    public void Queues_are_as_long_as_execution_units_and_engines_make_them()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        int most = device.FaultQueueCapacity + 1;
        Assert.True(System.Numerics.BitOperations.IsPow2(most));
        int units = device.Platform.ExecutionUnits + device.Platform.Engines.Count();
        Assert.InRange(most, units * 8, units * 16);
    }

    [Fact]
    [Rule("STA-001")]
    [Rule("STA-002")]
    [Rule("STA-003")]
    [Rule("SVM-047")]
    [Rule("HST-038")]
    public void A_mirror_fault_counts_what_the_driver_counts()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M + Size64K + Page);
        foreach (ulong at in (ulong[])[A, A, A + Size2M, A + Size2M + Size64K])
            Assert.Equal(Errno.Ok, scene.Fault(at));
        (GtCounter Of4K, long[] Sizes)[] sized =
        [
            (GtCounter.Svm4KPagefaultCount, [1, 1, 2]), (GtCounter.Svm4KValidPagefaultCount, [0, 0, 1]),
            (GtCounter.Svm4KMigrateCount, [1, 1, 1]),
        ];
        foreach ((GtCounter of4K, long[] sizes) in sized)
            Assert.Equal(sizes, Enumerable.Range(0, 3).Select(i => scene.Count(of4K + i)));
        Assert.Equal((4L, 2048L + 64 + 4, 0L), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.SvmDeviceCopyKb),
            scene.Count(GtCounter.SvmCpuCopyKb)));
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal((2048L, 1L), (scene.Count(GtCounter.SvmCpuCopyKb), scene.Count(GtCounter.SvmTlbInvalCount)));
        Assert.False(scene.RangeAt(A).HasValidMapping(0));
        Assert.Equal(0L, scene.Count(GtCounter.SvmPagefaultCount, gt: 1));
    }

    private static void Raise(SvmScene scene, GpuFault fault) =>
        Assert.Equal(Errno.Ok, scene.Device.RaiseFault(fault with { Asid = scene.Vm.TlbVm.Asid }));
}
