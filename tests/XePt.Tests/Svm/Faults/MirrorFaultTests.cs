using XePt.Devices;
using XePt.Diagnostics;
using XePt.Faults;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Faults on mirrors from the descriptor to the entries, and what the CPU does meanwhile (specification 04).</summary>
public class MirrorFaultTests
{
    [Fact]
    public void Ex_02_the_first_touch_of_two_populated_megabytes_moves_them_and_binds_one_leaf()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A + 0x155000, GpuAccessKind.Write));
        MappingRun leaf = Assert.Single(scene.Vm.GetMappings());
        Assert.Equal((A, A + Size2M, 1), (leaf.Range.Start, leaf.Range.End, leaf.Level));
        XePt.Gpuva.SvmNotifier notifier = scene.Ranges.Notifier(scene.RangeAt(A).Notifier);
        Assert.Equal((0x7f00_0000_0000ul, 0x7f00_2000_0000ul), (notifier.From, notifier.To));
        Assert.Equal((1, A, Size2M), (scene.Memory.DeviceBlocks, scene.RangeAt(A).Start, scene.RangeAt(A).Size));
        Assert.Equal(0, scene.Vm.Access(A + Size2M - 8, GpuAccessKind.Read, new byte[8]).Faults);
        Assert.Equal((1, 1, 2048), (scene.Count(GtCounter.Svm2MPagefaultCount), scene.Count(GtCounter.Svm2MMigrateCount),
            scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(1, scene.Count(GtCounter.Svm2MValidPagefaultCount));
    }

    [Fact]
    public void Ex_05_an_integrated_device_maps_system_memory()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((0, 0), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(0, scene.Memory.DeviceBlocks);
        Assert.Equal(XePt.Gpuva.SvmRangeFlags.HasPages, scene.RangeAt(A).Flags);
        Assert.Equal(EntryBits.AtomicEnable, scene.Vm.Translate(A).Entry & (EntryBits.AtomicEnable | EntryBits.DeviceMemory));
    }

    [Fact]
    [Rule("FLT-031")]
    [Rule("SVM-053")]
    public void Ex_07_faults_outside_are_nacked_each_in_its_own_way()
    {
        using var scene = new SvmScene();
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
        Assert.Equal((1, 0), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.Svm4KPagefaultCount)));
        Assert.Equal(0, scene.Process.SubscriptionCount);
        scene.Device.RaiseFault(new GpuFault { Asid = 0xfffff, PageAddress = A });
        Assert.Equal(Errno.EINVAL, scene.Replies[^1].Error);
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode);
        scene.Device.RaiseFault(new GpuFault { Asid = other.TlbVm.Asid, PageAddress = A });
        Assert.Equal((Errno.EINVAL, 3), (scene.Replies[^1].Error, scene.Replies.Count));
        scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A, Level = GpuFault.NackLevel });
        Assert.Equal(Errno.EFAULT, scene.Replies[^1].Error);
    }

    [Fact]
    [Rule("BIND-262")]
    public void Ex_08_memory_that_is_unmapped_loses_entries_range_and_notifier()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Fault(A);
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A, Size2M)));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((0, 0, 0), (scene.Vm.Context.Ranges.Count, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Assert.Equal((1, 1), (scene.Count(GtCounter.SvmTlbInvalCount), scene.Count(GtCounter.SvmTlbInvalCount, gt: 1)));
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, 0, scene.Vm.Size));
    }

    [Fact]
    [Rule("PT-116")]
    [Rule("BIND-262")]
    public void Ex_11_the_cpu_gets_its_bytes_back_and_the_GPU_the_memory_again()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.True(scene.Process.TryWrite(A + 123, [42]));
        scene.Fault(A);
        Span<byte> read = stackalloc byte[1];
        Assert.True(scene.Process.TryRead(A + 123, read));
        Assert.Equal(((byte)42, 2048L, 0), (read[0], scene.Count(GtCounter.SvmCpuCopyKb), scene.Memory.DeviceBlocks));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((1, 1), (scene.Count(GtCounter.SvmTlbInvalCount), scene.Count(GtCounter.SvmTlbInvalCount, gt: 1)));
        int range = scene.Ranges.Containing(A);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((2, 4096), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal((2, range), (scene.Count(GtCounter.Svm2MPagefaultCount), scene.Ranges.Containing(A)));
    }

    /// <summary>The points at which faults and changes of memory fail; each has a test here.</summary>
    internal static readonly FailurePoint[] Points = [.. Passing, FailurePoint.BlockEviction, FailurePoint.RangeBind,
        FailurePoint.RangeUnbind, FailurePoint.TlbSend];

    private static FailurePoint[] Passing => [
        FailurePoint.BlockAllocation, FailurePoint.Copy, FailurePoint.PageCollection, FailurePoint.RangeCommit];

    public static TheoryData<FailurePoint> PassingPoints() => new(Passing);

    [Theory]
    [MemberData(nameof(PassingPoints))]
    [Rule("HST-039")]
    public void A_failure_that_does_not_last_is_got_over(FailurePoint point)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        int passed = 0;
        scene.Device.Failures.Passing = at => passed += at == point ? 1 : 0;
        scene.Device.Failures.Arm(point);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        // It was passed once more than where it failed, or the fault did without.
        Assert.True(passed > 0);
        Assert.Equal(A, Assert.Single(scene.Vm.GetMappings()).Range.Start);
    }

    // Of 16 MiB an eighth is for tables.
    private const int BlocksThatFit = 7;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("HST-039")]
    [Rule("HST-024")]
    public void Where_nobody_can_be_driven_out_the_memory_stays_with_the_cpu(bool isRefused)
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        scene.Map(A, 16 * Size2M);
        if (isRefused)
            scene.Device.Failures.Arm(FailurePoint.BlockEviction, times: FailureInjector.MostTimes);
        for (ulong i = 0; i < 16; i++)
        {
            Assert.True(scene.Process.TryWrite(A + (i * Size2M), [(byte)(i + 1)]));
            Assert.Equal(Errno.Ok, scene.Fault(A + (i * Size2M)));
            Assert.Equal(Math.Min((int)i + 1, BlocksThatFit), scene.Memory.DeviceBlocks);
        }

        // One went for each that came, and the first ones stayed where nobody could be made to go.
        ulong[] inVram = [.. Enumerable.Range(0, 16).Select(i => (ulong)i).Where(i => scene.IsInVram(A + (i * Size2M)))];
        int first = isRefused ? 0 : 16 - BlocksThatFit;
        Assert.Equal(Enumerable.Range(first, BlocksThatFit).Select(i => (ulong)i), inVram);
        ulong bound = scene.Vm.GetMappings().Aggregate(0UL, (sum, run) => sum + run.Range.Size);
        Assert.Equal(isRefused ? 16 * Size2M : BlocksThatFit * Size2M, bound);
        for (ulong i = 0; i < 16; i++)
            Assert.Equal(i + 1, scene.Vm.Read<byte>(A + (i * Size2M)));
    }

    [Fact]
    public void Ex_18_a_BO_drives_out_as_many_blocks_as_it_needs()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        scene.Map(A, BlocksThatFit * Size2M);
        for (ulong i = 0; i < BlocksThatFit; i++)
        {
            Assert.Equal(Errno.Ok, scene.Fault(A + (i * Size2M), GpuAccessKind.Write));
            scene.Vm.Write(A + (i * Size2M), (byte)(i + 1));
        }

        XeBo bo = scene.File.CreateBo(2 * Size2M);
        scene.Vm.Map(bo, A + (32 * Size2M));
        scene.Vm.Write(A + (32 * Size2M), 77);
        Assert.Equal(BlocksThatFit - 2, scene.Memory.DeviceBlocks);
        Assert.Equal(4096, scene.Count(GtCounter.SvmCpuCopyKb));
        for (ulong i = 0; i < BlocksThatFit; i++)
            Assert.Equal(i + 1, scene.Vm.Read<byte>(A + (i * Size2M)));
    }

    [Fact]
    [Rule("HST-039")]
    [Rule("SVM-109")]
    public void A_bind_that_fails_is_nacked_with_its_errno_and_leaves_no_entries()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Device.Failures.Arm(FailurePoint.RangeBind);
        Assert.Equal(Errno.ENOMEM, scene.Fault(A));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    [Fact]
    [Rule("SVM-165")]
    public void A_range_that_cannot_be_unbound_bans_the_VM()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Fault(A);
        scene.Device.Failures.Arm(FailurePoint.RangeUnbind);
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        Assert.True(scene.Vm.Context.IsBanned);
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
    }

    [Fact]
    [Rule("SVM-165")]
    public void A_fault_that_finds_that_it_cannot_be_unbound_is_nacked_with_the_errno()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, 2 * Size2M);
        scene.Fault(A);
        scene.Device.Failures.Arm(FailurePoint.RangeUnbind);
        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        // Before the worker of the garbage collector, which would be first in the queue.
        var service = new FaultService(scene.Device.Mirrors.AddLanes());
        service.Begin(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A + Size2M });
        service.Run(scene.Device.Faults);
        Assert.Equal((Errno.ENOMEM, true), (service.Why.Errno, scene.Vm.Context.IsBanned));
    }

    [Fact]
    [Rule("HST-039")]
    [Rule("CON-014")]
    public void A_lost_invalidation_is_sent_again_as_a_whole()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Fault(A);
        scene.Device.Failures.Arm(FailurePoint.TlbSend);
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }
}
