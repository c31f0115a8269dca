using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Copies of migrations: who does them, what they cost, when they are over, and when the CPU gets the memory back
/// (specification 04 sections 5.3 and 17.3).</summary>
public class MigrationCopyTests
{
    private readonly VirtualClock _clock = new();
    private readonly CopyRecorder _copies;

    public MigrationCopyTests() => _copies = new CopyRecorder(_clock) { Time = 50 };

    [Fact]
    [Rule("SVM-079")]
    [Rule("HST-030")]
    [Rule("VEC-04")]
    public void A_copy_is_of_contiguous_device_memory_in_the_order_of_addresses_and_over_before_anything_is_seen()
    {
        using SvmScene scene = Scene();
        scene.Map(A, Size2M);
        scene.Process.Discard(AddressRange.OfSize(A + (8 * Page), Page));
        _copies.Copying = () => Assert.Equal((0, false), (scene.Replies.Count, scene.IsInVram(A)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        ulong start = scene.Vm.Translate(A).Address;
        Assert.Equal([new(CopyDirection.ToDevice, 0, start, 8), new(CopyDirection.ToDevice, 0, start + (9 * Page), 503)], _copies.Jobs);

        _copies.Copying = null;

        // The last piece fails: nothing has moved, and nobody sees what was copied.
        scene.Map(A + Size2M, Size2M);
        scene.Process.Discard(AddressRange.OfSize(A + Size2M + (8 * Page), Page));
        Assert.True(scene.Process.TryWrite(A + Size2M, [7]));
        _copies.FailsAt = 1;
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        Assert.Equal((false, 1), (scene.IsInVram(A + Size2M), scene.Memory.DeviceBlocks));
        Assert.Equal(7, scene.Vm.Read<byte>(A + Size2M));
        // What was copied before counts all the same, and so does what failed: it is counted before.
        Assert.Equal((511 + 511) * 4L, scene.Count(GtCounter.SvmDeviceCopyKb));
    }

    /// <summary>The largest range, in one piece: no job is longer than what it copies, which is far from 8 MiB.</summary>
    [Fact]
    [Rule("CFG-010")]
    public void A_whole_range_is_one_job_each_way()
    {
        using SvmScene scene = Scene();
        scene.Map(A, 8 * Size2M);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 8 * Size2M, region: 1));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, 8 * Size2M));
        Assert.Equal(16, _copies.Jobs.Count);
        Assert.All(_copies.Jobs, job => Assert.Equal(512, job.Pages));
    }

    [Fact]
    [Rule("SVM-080")]
    [Rule("STA-008")]
    [Rule("STA-009")]
    [Rule("VEC-04")]
    public void Copies_are_charged_to_the_tile_of_the_device_memory_and_between_two_to_that_of_the_source()
    {
        using SvmScene scene = Scene(XePlatforms.Pvc2T);
        int other = scene.Device.Platform.GtSlotsPerTile;
        scene.Map(A, Size2M);
        int file = scene.Device.Descriptors.Open(scene.File);
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file, region: 2));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1L, 0L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateCount, other)));
        Assert.Equal([0, 0, 0, 0, 0, 0], Copied(scene, 0));
        Assert.Equal([2048, 50, 50, 0, 0, 0], Copied(scene, other));

        // To the first tile's memory: out of the other one's, by its engine, and not into anything.
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 1));
        Assert.Equal(1, scene.RangeAt(A).Pagemap);
        Assert.Equal([0, 0, 0, 0, 0, 0], Copied(scene, 0));
        Assert.Equal([2048, 50, 50, 2048, 50, 50], Copied(scene, other));
        Assert.Equal((CopyDirection.FromDevice, 1), (_copies.Jobs[^1].Direction, _copies.Jobs[^1].Tile));

        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        Assert.Equal([0, 0, 0, 2048, 50, 50], Copied(scene, 0));
    }

    [Theory]
    [InlineData(Page, 0)]
    [InlineData(Size64K, 1)]
    [InlineData(Size2M, 2)]
    [Rule("SVM-080")]
    [Rule("STA-008")]
    [Rule("STA-009")]
    public void The_time_of_copies_is_counted_by_size(ulong size, int bucket)
    {
        using SvmScene scene = Scene();
        scene.Map(A, size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        long[] expected = [.. Enumerable.Range(0, 3).Select(i => i == bucket ? 50L : 0)];
        Assert.Equal(expected, Enumerable.Range(0, 3).Select(i => scene.Count(GtCounter.Svm4KDeviceCopyUs + i)));
        Assert.Equal(expected, Enumerable.Range(0, 3).Select(i => scene.Count(GtCounter.Svm4KCpuCopyUs + i)));
        long kb = (long)size >> 10;
        Assert.Equal((kb, kb), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmCpuCopyKb)));
    }

    /// <summary>How long the CPU does not get the memory back: not at all where device memory is only preferred; else 5 ms, doubled by each
    /// attempt to move it, by each failed look at pages and by each bind that is tried again.</summary>
    [Theory]
    [InlineData(GpuAccessKind.Write, "", 0)]
    [InlineData(GpuAccessKind.Atomic, "", 5)]
    [InlineData(GpuAccessKind.Atomic, "no block at first", 20)]
    [InlineData(GpuAccessKind.Atomic, "pages change before the commit", 20)]
    [Rule("SVM-081")]
    [Rule("VEC-05")]
    [Rule("CFG-004")]
    [Rule("HST-036")]
    public void The_cpu_gets_the_memory_back_after_the_timeslice(GpuAccessKind access, string trouble, long milliseconds)
    {
        using SvmScene scene = Scene();
        _copies.Time = 0;
        scene.Map(A, Size2M);
        if (trouble.StartsWith("no", StringComparison.Ordinal))
            scene.Device.Failures.Arm(FailurePoint.BlockAllocation);
        if (trouble.StartsWith("pages", StringComparison.Ordinal))
            scene.Once(FailurePoint.RangeCommit, () => scene.Process.Discard(AddressRange.OfSize(A, Page)));
        Assert.Equal(Errno.Ok, scene.Fault(A, access));
        Assert.True(scene.IsInVram(A));
        long begun = _clock.Now;
        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        Assert.InRange(_clock.Now - begun, milliseconds * 1_000_000, ((milliseconds + 1) * 1_000_000) - 1);
        Assert.False(scene.IsInVram(A));
    }

    [Fact]
    [Rule("CFG-004")]
    public void The_timeslice_can_be_set()
    {
        using SvmScene scene = Scene();
        scene.Map(A, Size2M);
        Assert.Equal(5_000_000, scene.Mirrors.Device.AtomicTimeslice);
        EngineInsides.SetAtomicTimeslice(scene.Mirrors.Device, 70_000_000);
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        long begun = _clock.Now;
        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        Assert.InRange(_clock.Now - begun, 70_000_000, 71_000_000);
    }

    /// <summary>The second attempt is alone; another migration waits for its end.</summary>
    [Fact]
    [Rule("SVM-078")]
    public void The_attempt_after_an_eviction_is_alone()
    {
        using SvmScene scene = Scene();
        _copies.Time = 0;
        scene.Map(A, 2 * Size2M);
        scene.Process.SetPinned(AddressRange.OfSize(A, Page), isPinned: true);
        int blocks = 0;
        var waited = new List<bool>();
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.BlockAllocation || blocks++ >= 2)
                return;
            bool isIn = scene.Mirrors.Device.Migrating.TryEnter(alone: false);
            if (isIn)
                scene.Mirrors.Device.Migrating.Exit(alone: false);
            waited.Add(!isIn);
        };
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal([false, true], waited);
        Assert.False(scene.IsInVram(A));
    }

    [Theory]
    [InlineData(MigrationPolicy.AllPages)]
    [InlineData(MigrationPolicy.OnlySystemPages)]
    [Rule("SVM-085")]
    public void The_policy_is_stored_and_told_and_nothing_else(MigrationPolicy policy)
    {
        using SvmScene scene = Scene(XePlatforms.Pvc2T);
        scene.Map(A, Size2M);
        int file = scene.Device.Descriptors.Open(scene.File);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size2M, region: 2));
        Assert.Equal(Errno.Ok, scene.File.Madvise(new DrmXeMadvise
        {
            VmId = scene.Vm.Id,
            Start = A,
            Range = Size2M,
            Type = MemRangeAttr.PreferredLoc,
            PreferredMemLoc = new() { DevmemFd = (uint)file, RegionInstance = 1, MigrationPolicy = policy },
        }));
        // Device pages of the other tile move all the same.
        scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, Size2M));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1, 1), (scene.RangeAt(A).Pagemap, scene.Memory.DeviceBlocks));
        var query = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Start = A, Range = Size2M, NumMemRanges = 1 };
        var told = new DrmXeMemRangeAttr[1];
        query.VectorOfMemAttr = 0x1000;
        query.SizeofMemRangeAttr = 64;
        Assert.Equal(Errno.Ok, scene.File.VmQueryMemRangeAttrs(ref query, told));
        Assert.Equal((policy, (uint)file), ((MigrationPolicy)told[0].PreferredMemLoc.MigrationPolicy, told[0].PreferredMemLoc.DevmemFd));
    }

    /// <summary>The pages of a job are its own until it is over, whatever the engine does meanwhile.</summary>
    [Fact]
    [Rule("HST-030")]
    public void A_copy_engine_may_touch_other_device_pages_in_the_middle_of_a_copy()
    {
        using SvmScene scene = Scene();
        scene.Map(A, Size2M);
        scene.Map(A + Size2M, Size64K);
        Assert.True(scene.Process.TryWrite(A + Page, [5]) && scene.Process.TryWrite(A + Size2M + Page, [7]));
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(A), scene.Fault(A + Size2M)));
        byte[] inner = [0], outer = [0];
        _copies.Copying = () =>
        {
            _copies.Copying = null;
            Assert.True(scene.Process.TryRead(A + Size2M + Page, inner));
        };
        Assert.True(scene.Process.TryRead(A + Page, outer));
        Assert.Equal((5, 7, 0), (outer[0], inner[0], scene.Memory.DeviceBlocks));
    }

    private static long[] Copied(SvmScene scene, int gt) =>
    [
        .. new[]
        {
            GtCounter.SvmDeviceCopyKb, GtCounter.SvmDeviceCopyUs, GtCounter.Svm2MDeviceCopyUs, GtCounter.SvmCpuCopyKb,
            GtCounter.SvmCpuCopyUs, GtCounter.Svm2MCpuCopyUs,
        }.Select(counter => scene.Count(counter, gt)),
    ];

    private SvmScene Scene(PlatformInfo? platform = null) =>
        new(platform, options: new XeDeviceOptions { Clock = _clock, CopyEngine = _copies });
}
