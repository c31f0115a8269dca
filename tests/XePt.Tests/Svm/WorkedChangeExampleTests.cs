using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Worked examples of specification 04 chapter 18 in which memory changes, moves and is fought for: EX-10 and EX-13 to
/// EX-20.</summary>
public class WorkedChangeExampleTests
{
    private static readonly AddressRange Whole = AddressRange.OfSize(A, Size2M);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("SVM-091")]
    [Rule("SVM-149")]
    public void Ex_10_a_fork_takes_the_entries_and_a_refill_parts_parent_and_child(bool isIntegrated)
    {
        using var scene = Touched(isIntegrated ? XePlatforms.Lnl : null);
        Assert.True(scene.Process.TryWrite(A, [1]));
        scene.Fault(A);
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? forked));
        using ModelProcess child = forked!;
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((A, A + Size2M), (scene.RangeAt(A).Start, scene.RangeAt(A).End));

        // A read of the GPU is enough to break copy-on-write, so that the process may write without another change.
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(1, scene.Ranges.Count);
        if (isIntegrated)
        {
            Assert.True(scene.Process.TryWrite(A, [2]));
            Assert.True(scene.Vm.Translate(A).IsPresent);
        }

        Span<byte> read = [0];
        Assert.True(child.TryRead(A, read));
        Assert.Equal(1, read[0]);
    }

    [Theory]
    [InlineData(false, CpuProtection.Read, Errno.Ok)]
    [InlineData(true, CpuProtection.Read, Errno.EPERM)]
    [InlineData(false, CpuProtection.None, Errno.EFAULT)]
    [InlineData(true, CpuProtection.None, Errno.EFAULT)]
    [Rule("VEC-01")]
    [Rule("SVM-101")]
    public void Ex_10_the_upper_half_becomes_read_only(bool isIntegrated, CpuProtection protection, Errno errno)
    {
        using var scene = Touched(isIntegrated ? XePlatforms.Lnl : null);
        scene.Process.Protect(AddressRange.OfSize(A + (Size2M / 2), Size2M / 2), protection);
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((A, A + Size2M), (scene.RangeAt(A).Start, scene.RangeAt(A).End));
        // The driver would never end where it does not become readable (Q2).
        Assert.Equal(errno, scene.Fault(A));
        Assert.Equal((A, A + Size2M, errno == Errno.Ok), (scene.RangeAt(A).Start, scene.RangeAt(A).End, scene.Vm.Translate(A).IsPresent));
        scene.Process.Protect(AddressRange.OfSize(A + (Size2M / 2), Size2M / 2), CpuProtection.ReadWrite);
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    [Fact]
    [Rule("SVM-149")]
    public void Ex_10_reclaim_leaves_the_range_and_a_fault_fills_it_again()
    {
        using var scene = Touched();
        Assert.True(scene.Process.Raise(CpuChangeKind.Clear, Whole));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal((A + Size2M, 0), (scene.RangeAt(A).End, (int)(scene.RangeAt(A).Flags & SvmRangeFlags.Unmapped)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1, 2L), (scene.Ranges.Count, scene.Count(GtCounter.Svm2MPagefaultCount)));
    }

    [Fact]
    [Rule("SVM-127")]
    [Rule("SVM-132")]
    public void Ex_13_neighbours_with_attributes_of_their_own_do_not_grow_together()
    {
        using var scene = new SvmScene();
        scene.Process.Map(Whole, CpuProtection.None);
        uint bo = scene.Bo(Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: bo));
        Assert.Equal(Errno.Ok, scene.Advise(0, scene.Vm.Size, AtomicAccess.Device));
        scene.Process.Unmap(Whole);
        var tlb = new Tlb.RecordingTlb();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, tlb);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.CpuAddrMirror));
        Assert.Equal([0ul, A, A + Size2M], scene.Vm.GetVmas().Select(vma => vma.Range.Start));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.True(Assert.Single(tlb.Received).Covers(scene.Vm.TlbVm.Number, Whole));
    }

    [Fact]
    [Rule("CON-007")]
    [Rule("CON-010")]
    public void Ex_14_a_change_after_the_commit_takes_the_entries_away_and_the_answer_stands()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Replying = () => scene.Process.Discard(AddressRange.OfSize(A, Page));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Empty(scene.Vm.GetMappings());
        scene.Replying = null;
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((2, 2L), (scene.Replies.Count, scene.Count(GtCounter.Svm2MPagefaultCount)));
        Assert.True(scene.Vm.Translate(A).IsPresent);
    }

    [Theory]
    [InlineData(AtomicAccess.Undefined, true, true, Errno.Ok)]
    [InlineData(AtomicAccess.Global, true, true, Errno.Ok)]
    [InlineData(AtomicAccess.Device, true, false, Errno.Ok)]
    [InlineData(AtomicAccess.Device, false, true, Errno.Ok)]
    [InlineData(AtomicAccess.Cpu, true, false, Errno.EACCES)]
    [InlineData(AtomicAccess.Cpu, false, false, Errno.EACCES)]
    [Rule("FLT-051")]
    [Rule("FLT-052")]
    [Rule("FLT-053")]
    [Rule("SVM-040")]
    public void Ex_15_atomics_on_memory_that_prefers_the_system(AtomicAccess access, bool reachesSystem, bool moves, Errno errno)
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { DeviceAtomicsOnSystemMemory = reachesSystem });
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file: -1));
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, access));
        Assert.Equal(errno, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal(moves ? 1 : 0, scene.Memory.DeviceBlocks);
        Assert.Equal(errno == Errno.Ok ? EntryBits.AtomicEnable : 0, scene.Vm.Translate(A).Entry & EntryBits.AtomicEnable);
        if (errno != Errno.Ok)
            Assert.Equal(0, scene.Count(GtCounter.SvmPagefaultCount));
    }

    [Fact]
    [Rule("SVM-181")]
    [Rule("CON-012")]
    [Rule("HST-025")]
    public void Ex_15_a_touch_of_the_cpu_within_the_timeslice_waits_for_its_end()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        long begun = scene.Device.Clock.Now;
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.InRange(scene.Device.Clock.Now - begun, 5_000_000, 6_000_000);
        Assert.Equal(0, scene.Memory.DeviceBlocks);

        // Where device memory is only preferred the CPU gets it at once.
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        begun = scene.Device.Clock.Now;
        Assert.True(scene.Process.TryRead(A + Size2M, read));
        Assert.Equal(begun, scene.Device.Clock.Now);
    }

    /// <summary>Each retry of one fault doubles what the GPU is given, and so does each attempt to move.</summary>
    [Theory]
    [InlineData(0, 5_000_000)]
    [InlineData(1, 20_000_000)]
    [InlineData(2, 80_000_000)]
    [Rule("SVM-081")]
    [Rule("VEC-05")]
    public void Ex_15_the_timeslice_doubles_with_each_retry(int retries, long timeslice)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Device.Failures.Passing = point =>
        {
            if (point == FailurePoint.RangeCommit && retries-- > 0)
                scene.Process.Discard(Whole);
        };
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        long begun = scene.Device.Clock.Now;
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.InRange(scene.Device.Clock.Now - begun, timeslice, timeslice + 1_000_000);
    }

    [Fact]
    [Rule("FLT-040")]
    public void Ex_15_an_atomic_on_a_userptr_is_nacked()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, [new DrmXeVmBindOp
        {
            Op = VmBindOp.MapUserptr, Userptr = A, Addr = 1ul << 32, Range = Size2M, PatIndex = 2, Flags = VmBindFlags.Immediate,
        }]));
        Assert.Equal(Errno.EACCES, scene.Fault(1ul << 32, GpuAccessKind.Atomic));
        Assert.Equal(0, scene.Count(GtCounter.VmaPagefaultCount));
        Assert.Equal(Errno.Ok, scene.Fault(1ul << 32));
    }

    [Fact]
    public void Ex_15_an_atomic_moves_a_bo_that_may_be_in_device_memory()
    {
        using var scene = new SvmScene();
        uint bo = scene.Bo(Size2M, placements: 3);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: bo));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M));
        Assert.Equal(0ul, scene.Vm.Translate(A).Entry & EntryBits.DeviceMemory);
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        const ulong bits = EntryBits.DeviceMemory | EntryBits.AtomicEnable;
        Assert.Equal(bits, scene.Vm.Translate(A).Entry & bits);
        Assert.Equal(1, scene.Count(GtCounter.VmaPagefaultCount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("SVM-082")]
    [Rule("SVM-187")]
    [Rule("HST-023")]
    public void Ex_18_a_bo_drives_the_memory_of_a_range_out(bool isFreed)
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        scene.Map(A, Size2M);
        Assert.True(scene.Process.TryWrite(A + 123, [42]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        // Whatever is left of the device memory goes to BOs, pinned by nobody, which a range cannot drive out.
        List<uint> bos = [];
        while (scene.Memory.DeviceBlocks > 0)
        {
            bos.Add(scene.Bo(Size2M));
            ulong at = A + ((ulong)bos.Count * 8 * Size2M);
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, at, Size2M, VmBindFlags.Immediate, bo: bos[^1]));
            Assert.True(bos.Count <= 7);
        }

        Assert.Equal((2048L, 0), (scene.Count(GtCounter.SvmCpuCopyKb), (int)(scene.RangeAt(A).Flags & SvmRangeFlags.HasPages)));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(1L, scene.Count(GtCounter.SvmTlbInvalCount));

        long copied = scene.Count(GtCounter.SvmDeviceCopyKb);
        if (!isFreed)
            scene.Device.Failures.Arm(FailurePoint.BlockEviction, times: FailureInjector.MostTimes);
        else
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, A + (8 * Size2M), Size2M));
        if (isFreed)
            scene.File.GemClose(new DrmGemClose { Handle = bos[0] });
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((2L, isFreed, copied + (isFreed ? 2048 : 0)), (scene.Count(GtCounter.Svm2MMigrateCount), scene.IsInVram(A),
            scene.Count(GtCounter.SvmDeviceCopyKb)));
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A + 123, read));
        Assert.Equal(42, read[0]);
    }

    [Fact]
    public void Ex_20_a_location_that_is_fixed_keeps_the_memory_where_it_is()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        scene.Map(A, Size2M);
        int file = scene.Device.Descriptors.Open(scene.File);
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file, region: 1));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        int map = scene.RangeAt(A).Pagemap;
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: other));
        Assert.Equal((3, 0, map), (scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated, scene.RangeAt(A).Pagemap));
        Assert.Equal((1L, 0L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateCount, other)));
        Assert.Equal(scene.Vm.Translate(A).Address, scene.Vm.Translate(A, tile: 1).Address);
    }

    private static SvmScene Touched(PlatformInfo? platform = null)
    {
        var scene = new SvmScene(platform);
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        return scene;
    }
}
