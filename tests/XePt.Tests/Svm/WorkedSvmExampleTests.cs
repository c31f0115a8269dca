using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Worked examples of specification 04 chapter 18; those of advice are in <c>WorkedAdviceExampleTests</c>.</summary>
public class WorkedSvmExampleTests
{
    private const ulong Heap = 0x5555_5575_9000;

    [Fact]
    public void Ex_01_first_touch_of_one_page()
    {
        using var scene = new SvmScene();
        scene.Map(Heap, 0x21000, populate: false);
        scene.Process.Touch(AddressRange.OfSize(Heap, Page), write: true);
        Assert.Equal(Errno.Ok, scene.Fault(Heap));
        Assert.Equal((Heap, Heap + Page, true), (scene.RangeAt(Heap).Start, scene.RangeAt(Heap).End, scene.IsInVram(Heap)));
        MappingRun leaf = Assert.Single(scene.Vm.GetMappings());
        Assert.Equal((Heap, Heap + Page, 0), (leaf.Range.Start, leaf.Range.End, leaf.Level));
        const ulong bits = EntryBits.Present | EntryBits.Writable | EntryBits.DeviceMemory | EntryBits.AtomicEnable;
        Assert.Equal(bits, leaf.Entry & bits);
        SvmNotifier notifier = scene.Ranges.Notifier(scene.RangeAt(Heap).Notifier);
        Assert.Equal((0x5555_4000_0000ul, 0x5555_6000_0000ul), (notifier.From, notifier.To));
        Assert.Equal((1L, 1L, 1L, 4L, 0L), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.Svm4KPagefaultCount),
            scene.Count(GtCounter.Svm4KMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmTlbInvalCount)));
    }

    [Fact]
    public void Ex_03_memory_that_the_cpu_never_touched_moves_without_a_copy()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M, populate: false);
        Assert.Equal(Errno.Ok, scene.Fault(A + 0x15_5000, GpuAccessKind.Write));
        Assert.Equal((A, A + Size2M, true), (scene.RangeAt(A).Start, scene.RangeAt(A).End, scene.IsInVram(A)));
        Assert.Equal((1L, 0L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Span<byte> read = [1];
        Assert.True(scene.Process.TryRead(A + 123, read));
        Assert.Equal(0, read[0]);
    }

    [Theory]
    [InlineData(false, false, 10, 9, 1, 100)]
    [InlineData(true, false, 25, 25, 0, 100)]
    [InlineData(true, true, 10, 9, 1, 0)]
    public void Ex_04_a_hundred_kilobytes(bool hasHole, bool isIntegrated, int ranges, long of4K, long of64K, long copied)
    {
        const ulong start = 0x7f00_0001_8000, hole = 0x7f00_0002_5000;
        using var scene = new SvmScene(isIntegrated ? XePlatforms.Lnl : null);
        scene.Map(start, 25 * Page);
        if (hasHole)
            scene.Process.Discard(AddressRange.OfSize(hole, Page));
        for (ulong address = start; address < start + (25 * Page); address += Page)
        {
            if (!scene.HasRange(address))
                Assert.Equal(Errno.Ok, scene.Fault(address));
        }

        Assert.Equal((ranges, 1), (scene.Ranges.Count, scene.Process.SubscriptionCount));
        // The page that is missing is populated when its range takes its pages, so there is nothing to copy.
        Assert.Equal((of4K, of64K, hasHole && !isIntegrated ? copied - 4 : copied), (scene.Count(GtCounter.Svm4KPagefaultCount),
            scene.Count(GtCounter.Svm64KPagefaultCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
    }

    [Theory]
    [InlineData(false, GpuAccessKind.Read, Errno.EPERM, 1)]
    [InlineData(false, GpuAccessKind.Write, Errno.EPERM, 1)]
    [InlineData(true, GpuAccessKind.Read, Errno.Ok, 1)]
    [InlineData(true, GpuAccessKind.Write, Errno.EPERM, 0)]
    [InlineData(true, GpuAccessKind.Atomic, Errno.EPERM, 0)]
    [Rule("SVM-052")]
    [Rule("SVM-054")]
    public void Ex_06_memory_that_the_cpu_may_only_read(bool isReadOnly, GpuAccessKind access, Errno errno, long faults)
    {
        using var scene = new SvmScene(flags: isReadOnly ? VmBindFlags.ReadOnly : 0);
        scene.Process.Map(AddressRange.OfSize(A, Size2M), CpuProtection.Read);
        Assert.Equal(errno, scene.Fault(A, access));
        Assert.Equal(faults, scene.Count(GtCounter.SvmPagefaultCount));
        int kept = errno == Errno.Ok ? 1 : 0;
        Assert.Equal((kept, kept), (scene.Ranges.Count, scene.Process.SubscriptionCount));
    }

    [Fact]
    public void Ex_09_a_page_is_taken_out_of_the_middle()
    {
        const ulong hole = A + 0x10_0000;
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Fault(A);
        scene.Process.Unmap(AddressRange.OfSize(hole, Page));
        Assert.Equal((0, 1), (scene.Ranges.Count, scene.Memory.DeviceBlocks));
        Assert.Empty(scene.Vm.GetMappings());
        long copied = scene.Count(GtCounter.SvmDeviceCopyKb);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((A + Size64K, true), (scene.RangeAt(A).End, scene.IsInVram(A)));
        Assert.Equal((1L, copied), (scene.Count(GtCounter.Svm64KMigrateCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(Errno.ENOENT, scene.Fault(hole));
        Assert.Equal(Errno.Ok, scene.Fault(hole + Page));
        Assert.Equal((hole + Page, hole + (2 * Page)), (scene.RangeAt(hole + Page).Start, scene.RangeAt(hole + Page).End));
    }

    [Fact]
    [Rule("SVM-054")]
    public void Ex_10_the_whole_becomes_read_only()
    {
        using var scene = Touched();
        scene.Process.Protect(AddressRange.OfSize(A, Size2M), CpuProtection.Read);
        Assert.True(scene.HasRange(A));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(Errno.EPERM, scene.Fault(A));
        Assert.Equal(Errno.EBUSY, scene.Bind(VmBindOp.Unmap, 0, scene.Vm.Size));
    }

    [Fact]
    public void Ex_10_memory_that_moves_takes_its_device_pages_along()
    {
        const ulong elsewhere = A + (16 * Size2M);
        using var scene = Touched();
        long copied = scene.Count(GtCounter.SvmDeviceCopyKb);
        Assert.Equal(Errno.Ok, scene.Process.RemapTo(AddressRange.OfSize(A, Size2M), AddressRange.OfSize(elsewhere, Size2M)));
        Assert.False(scene.HasRange(A));
        Assert.Equal(Errno.ENOENT, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Fault(elsewhere));
        Assert.True(scene.IsInVram(elsewhere));
        Assert.Equal((copied, 1), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Memory.DeviceBlocks));
    }

    [Fact]
    public void Ex_10_memory_that_is_discarded_comes_back_as_zeros()
    {
        using var scene = Touched();
        long copied = scene.Count(GtCounter.SvmDeviceCopyKb);
        scene.Process.Discard(AddressRange.OfSize(A, Size2M));
        Assert.True(scene.HasRange(A));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((copied, 2L), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.Svm2MMigrateCount)));
        Span<byte> read = [1];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal(0, read[0]);
    }

    [Fact]
    public void Ex_12_prefetch()
    {
        using var scene = new SvmScene();
        scene.Map(A, 4 * Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 4 * Size2M, region: 1));
        Assert.Equal((4, 1, 4), (scene.Ranges.Count, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Assert.Equal((8192L, 0L, 0L), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmPagefaultCount),
            scene.Count(GtCounter.Svm2MMigrateCount)));
        Assert.Equal(4 * Size2M, Bound(scene));
        ulong state = scene.Vm.StateHash();
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 4 * Size2M, region: 1));
        Assert.Equal((state, 8192L), (scene.Vm.StateHash(), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 4 * Size2M));
        Assert.Equal((4, 0, 4 * Size2M), (scene.Ranges.Count, scene.Memory.DeviceBlocks, Bound(scene)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A + (64 * Size2M), Size2M, region: 1));
        Assert.Equal(4, scene.Ranges.Count);
    }

    [Fact]
    public void Ex_13_a_bo_over_a_part_of_the_mirror_and_back()
    {
        using var scene = Touched();
        scene.Map(A + (4 * Size2M), Size2M);
        scene.Fault(A + (4 * Size2M));
        var create = new DrmXeGemCreate { Size = Size2M, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref create));
        ulong state = scene.Vm.StateHash();
        Assert.Equal(Errno.EBUSY, scene.Bind(VmBindOp.Map, A, Size2M, bo: create.Handle));
        Assert.Equal(state, scene.Vm.StateHash());

        scene.Process.Map(AddressRange.OfSize(A, Size2M), CpuProtection.None);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, bo: create.Handle));
        Assert.Equal(3, scene.Vm.GetVmas().Count);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1L, 2048L), (scene.Count(GtCounter.VmaPagefaultCount), scene.Count(GtCounter.VmaPagefaultKb)));

        scene.Process.Unmap(AddressRange.OfSize(A, Size2M));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.CpuAddrMirror));
        Assert.Single(scene.Vm.GetVmas());
        Assert.Equal(A + (4 * Size2M), Assert.Single(scene.Vm.GetMappings()).Range.Start);
    }

    [Theory]
    [InlineData(false, Errno.Ok)]
    [InlineData(true, Errno.ENOENT)]
    [Rule("PT-169")]
    public void Ex_14_a_fault_races_with_a_change(bool isUnmapped, Errno errno)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        bool isDone = false;
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.RangeCommit || isDone)
                return;
            isDone = true;
            _ = isUnmapped ? scene.Process.Unmap(AddressRange.OfSize(A, Size2M)) : scene.Process.Discard(AddressRange.OfSize(A, Size2M));
        };
        Assert.Equal(errno, scene.Fault(A));
        Assert.True(isDone);
        // One answer, one fault, however often it began again.
        Assert.Equal((1, 1L), (scene.Replies.Count, scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal(isUnmapped ? 0 : 1, scene.Ranges.Count);
        Assert.Equal(isUnmapped ? 1 : 2, scene.Count(GtCounter.Svm2MPagefaultCount));
        Assert.Equal((!isUnmapped, !isUnmapped), (scene.Vm.Translate(A).IsPresent, scene.HasRange(A)));
        Assert.Equal(isUnmapped ? 0 : 1, scene.Process.SubscriptionCount);
    }

    [Theory]
    [InlineData(CpuVmaKind.Anonymous, Errno.Ok)]
    [InlineData(CpuVmaKind.File, Errno.EACCES)]
    [InlineData(CpuVmaKind.HugeTlb, Errno.EACCES)]
    public void Ex_15_atomics_need_memory_that_can_move(CpuVmaKind kind, Errno errno)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M, kind: kind);
        Assert.Equal(errno, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(errno == Errno.Ok ? 1 : 0, scene.Memory.DeviceBlocks);
    }

    [Fact]
    public void Ex_15_an_atomic_without_device_memory_is_nacked_after_three_attempts()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        int attempts = 0;
        scene.Device.Failures.Passing = point => attempts += point == FailurePoint.BlockAllocation ? 1 : 0;
        scene.Device.Failures.Arm(FailurePoint.BlockAllocation, times: 100);
        Assert.Equal(Errno.ENOMEM, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(3, attempts);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.False(scene.IsInVram(A));
    }

    [Fact]
    [Rule("SVM-084")]
    public void Ex_20_two_tiles_pull_the_memory_to_and_fro()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1, 0), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: other));
        Assert.Equal((3, 1), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal(1, scene.Count(GtCounter.Svm2MMigrateCount, other));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((3, 2), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal((2L, 1), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Memory.DeviceBlocks));
    }

    [Fact]
    public void Ex_23_the_vm_goes_and_the_data_stays()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, 2 * Size2M);
        Assert.True(scene.Process.TryWrite(A, [7]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M));
        Assert.True(scene.HasRange(A + Size2M));
        scene.Vm.Destroy();
        scene.Device.Pump();
        Assert.Equal(0, scene.Process.SubscriptionCount);
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal((7, 0), (read[0], scene.Memory.DeviceBlocks));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("FLT-032")]
    [Rule("PT-183")]
    public void Ex_23_faults_that_wait_are_nacked_and_unmapping_frees_the_memory(bool isTouched)
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, 3 * Size2M);
        Assert.True(scene.Process.TryWrite(A, [7]));
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(A), scene.Fault(A + Size2M)));
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size2M));
        Assert.Equal((2, 1), (scene.Ranges.Count, scene.Memory.DeviceBlocks));
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        foreach (ulong address in (ulong[])[A, A + (2 * Size2M)])
            scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = address });
        var tlb = new Tlb.RecordingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        int vm = scene.Vm.TlbVm.Number;

        scene.Vm.Destroy();
        scene.Device.Pump();
        Assert.Equal([Errno.Ok, Errno.Ok, Errno.ENOENT, Errno.ENOENT], scene.Replies.Select(reply => reply.Error));
        running.TrySignal();
        scene.Device.Pump();
        // What comes when the VM has gone finds none (FLT-031).
        Assert.Equal(Errno.EINVAL, scene.Fault(A));
        Assert.Contains(tlb.Received, flush => flush.Covers(vm, new AddressRange(0, scene.Vm.Size)));
        Assert.Equal((0, 0, 1), (scene.Ranges.Count, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Span<byte> read = [0];
        if (isTouched)
            Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal((isTouched ? 7 : 0, isTouched ? 0 : 1), (read[0], scene.Memory.DeviceBlocks));
        scene.Process.Unmap(AddressRange.OfSize(A, 3 * Size2M));
        Assert.Equal((0, 0L), (scene.Memory.DeviceBlocks, scene.Memory.UsedBytes));
    }

    /// <summary>What the child asks for is done with its parent's memory.</summary>
    [Fact]
    [Rule("SVM-051")]
    public void Ex_24_a_prefetch_by_the_child_moves_the_parents_memory()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? forked));
        using ModelProcess child = forked!;
        scene.File.AddressSpace = child;
        Assert.True(child.TryWrite(A, [2]) && scene.Process.TryWrite(A, [1]));
        Assert.Equal(Errno.Ok, scene.Process.Touch(AddressRange.OfSize(A, Size2M), write: true));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 1));
        Assert.Equal((1, 2048L), (scene.Memory.DeviceBlocks, scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal((true, 1), (scene.IsInVram(A), scene.Vm.Read<byte>(A)));
        Span<byte> read = [0];
        Assert.True(child.TryRead(A, read));
        Assert.Equal((2, 1), (read[0], scene.Memory.DeviceBlocks));

        // The pages go with the parent; the VM stays, and what was bound of it does not.
        List<CpuChangeKind> told = [];
        var heard = new CpuModel.Listener(change => told.Add(change.Kind));
        Assert.Equal(Errno.Ok, scene.Process.Subscribe(heard, AddressRange.OfSize(A, Size2M)));
        scene.Process.Exit();
        Assert.Equal(CpuChangeKind.Release, told[0]);
        Assert.Contains(CpuChangeKind.Unmap, told);
        Assert.Equal((0, 0), (scene.Memory.DeviceBlocks, scene.Ranges.Count));
        Assert.Equal(Errno.EFAULT, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Null | VmBindFlags.Immediate));
        Assert.True(scene.Vm.Translate(A).IsPresent);
    }

    [Fact]
    [Rule("SVM-051")]
    public void Ex_24_the_vm_shows_the_process_that_made_it_and_outlives_it()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? child));
        scene.File.AddressSpace = child!;
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M));
        Assert.Equal((1, 1, 0), (scene.Ranges.Count, scene.Process.SubscriptionCount, child!.SubscriptionCount));
        scene.Process.Exit();
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((0, 0), (scene.Ranges.Count, scene.Process.SubscriptionCount));
        Assert.Equal(Errno.EFAULT, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, A, Size2M));
        child.Dispose();
    }

    [Fact]
    public void Ex_24_a_userptr_is_of_the_process_that_binds_it()
    {
        const ulong own = A + (16 * Size2M), other = own + Size2M;
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size64K);
        Assert.Equal(Errno.Ok, BindUserptr(scene, own));
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? child));
        scene.File.AddressSpace = child!;
        Assert.Equal(Errno.Ok, BindUserptr(scene, other));
        Assert.True(child!.TryWrite(A, [2]));
        Assert.True(scene.Process.TryWrite(A, [3]));
        Assert.Equal((3, 3, 2), (scene.Vm.Read<byte>(A), scene.Vm.Read<byte>(own), scene.Vm.Read<byte>(other)));
        Assert.True(scene.Vm.Access(other, GpuAccessKind.Write, [4]).IsDone);
        Span<byte> read = [0];
        Assert.True(child.TryRead(A, read));
        Assert.Equal((4, 3), (read[0], scene.Vm.Read<byte>(own)));

        scene.Process.Exit();
        Assert.Equal(Errno.EFAULT, scene.Fault(A));
        Assert.Equal(Errno.EFAULT, scene.Fault(own));
        Assert.Equal(4, scene.Vm.Read<byte>(other));
        child.Exit();
        Assert.Equal(Errno.EFAULT, scene.Fault(other));
        child.Dispose();
    }

    private static Errno BindUserptr(SvmScene scene, ulong va) => scene.File.VmBind(scene.Vm.Id, [new DrmXeVmBindOp
    {
        Op = VmBindOp.MapUserptr,
        PatIndex = (ushort)scene.Device.Platform.Pat.IndexWriteBack,
        Userptr = A,
        Addr = va,
        Range = Size64K,
    }
    ]);

    private static SvmScene Touched()
    {
        var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        return scene;
    }

    private static ulong Bound(SvmScene scene) => scene.Vm.GetMappings().Aggregate(0UL, (sum, run) => sum + run.Range.Size);
}
