using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>How the memory of a range gets into device memory (specification 04 section 5.3).</summary>
public class MigrationRuleTests
{
    /// <summary>Each condition alone keeps the memory where it is.</summary>
    [Theory]
    [InlineData("nothing", true)]
    [InlineData("memory that does not move", false)]
    [InlineData("a place in system memory", false)]
    [InlineData("a page where 64 KiB are needed", false)]
    [InlineData("64 KiB where they are needed", true)]
    [Rule("SVM-070")]
    public void Memory_moves_when_it_can_and_is_wanted_elsewhere(string odd, bool moves)
    {
        bool needs64K = odd.Contains("64 KiB", StringComparison.Ordinal);
        using var scene = new SvmScene(XePlatforms.Bmg with { VramNeeds64K = needs64K });
        bool canMove = !odd.Contains("does not move", StringComparison.Ordinal);
        scene.Map(
            A, !needs64K ? Size2M : odd.StartsWith('a') ? Page : Size64K, kind: canMove ? CpuVmaKind.Anonymous : CpuVmaKind.Shared);
        if (odd.Contains("system", StringComparison.Ordinal))
            Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file: -1));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((moves, moves ? 1 : 0), (scene.IsInVram(A), scene.Memory.DeviceBlocks));

        // What is there is not moved again when its entries were taken away.
        Assert.Equal(Errno.Ok, scene.Advise(0, scene.Vm.Size, AtomicAccess.Device));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        long migrations = Enumerable.Range(0, 3).Sum(i => scene.Count(GtCounter.Svm4KMigrateCount + i));
        Assert.Equal((moves ? 1L : 0, moves), (migrations, scene.IsInVram(A)));
    }

    /// <summary>The counter of attempts falls with each turn, also when nothing was to be moved in it.</summary>
    [Fact]
    [Rule("SVM-070")]
    [Rule("CFG-005")]
    public void A_fault_tries_once_and_turns_without_need_count()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        // The first turn finds its pages in system memory, and by the second they are there no more.
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Device));
        scene.Once(FailurePoint.RangeCommit, () => scene.Process.Touch(AddressRange.OfSize(A, Page), write: false));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1L, false, 3L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.IsInVram(A),
            scene.Count(GtCounter.Svm2MPagefaultCount)));
    }

    [Theory]
    [InlineData(GpuAccessKind.Read, 1, Errno.Ok)]
    [InlineData(GpuAccessKind.Atomic, 3, Errno.ENOMEM)]
    [Rule("CFG-005")]
    [Rule("SVM-083")]
    [Rule("SVM-071")]
    public void A_migration_that_fails_is_tried_once_or_three_times_where_it_is_needed(GpuAccessKind access, int attempts, Errno errno)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        var steps = new List<FailurePoint>();
        scene.Device.Failures.Passing = steps.Add;
        scene.Device.Failures.Arm(FailurePoint.BlockAllocation, times: FailureInjector.MostTimes);
        Assert.Equal(errno, scene.Fault(A, access));
        Assert.Equal(attempts, steps.Count(step => step == FailurePoint.BlockAllocation));
        Assert.Equal((attempts, (long)attempts), (steps.Count(step => step == FailurePoint.BlockAllocation),
            scene.Count(GtCounter.Svm2MMigrateCount)));
        // In between the pages are looked at, and system pages are of no use.
        Assert.Equal(access == GpuAccessKind.Atomic ? attempts : 2, scene.Count(GtCounter.Svm2MPagefaultCount));
        int looks = steps.Count(step => step == FailurePoint.PageCollection);
        Assert.Equal(access == GpuAccessKind.Atomic ? attempts - 1 : 1, looks);
        Assert.Equal(errno == Errno.Ok, scene.Vm.Translate(A).IsPresent);
    }

    [Fact]
    [Rule("SVM-071")]
    [Rule("SVM-072")]
    [Rule("STA-005")]
    [Rule("PFT-013")]
    public void Attempts_of_faults_are_counted_before_and_timed_after_also_where_nothing_is_done_or_it_fails()
    {
        (SvmScene opened, CopyRecorder copies) = Timed();
        using SvmScene scene = opened;
        scene.Map(A, 3 * Size2M);
        copies.Copying = () => Assert.Equal((1L, 0L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateUs)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        copies.Copying = null;
        Assert.Equal((1L, 50L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateUs)));

        // All of it is there already: an attempt, and nothing to do.
        scene.Process.Unmap(AddressRange.OfSize(A, Page));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size64K));
        Assert.Equal((1L, 0L, 1), (scene.Count(GtCounter.Svm64KMigrateCount), scene.Count(GtCounter.Svm64KMigrateUs), copies.Jobs.Count));

        copies.FailsAt = 0;
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        Assert.Equal((2L, 100L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateUs)));

        // A prefetch is no attempt of a fault, but it copies.
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A + (2 * Size2M), Size2M, region: 1));
        Assert.Equal((2L, 100L, 3 * 2048L), (scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MMigrateUs),
            scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal((3L, 3L), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.Svm2MPagefaultCount)));
    }

    [Fact]
    [Rule("SVM-073")]
    public void Where_pages_are_now_has_six_classes()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        Pagemap[] maps = scene.Mirrors.Device.Pagemaps;
        scene.Map(A, Size2M, populate: false);
        PageScan scan() => scene.InRange(A, range => RangeMigration.Scan(scene.Mirrors, range, maps[0]));
        void move(ulong start, ulong size, uint region) =>
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, start, size, region: region));
        Assert.Equal(PageScan.Unpopulated, scan());
        scene.Process.Touch(AddressRange.OfSize(A, Size2M), write: true);
        Assert.Equal(PageScan.System, scan());
        move(A, Size2M, region: 1);
        Assert.Equal(PageScan.Equal, scan());
        move(A, Size2M, region: 2);
        Assert.Equal(PageScan.Other, scan());

        // A part of it by the CPU, and then in the memory of the first tile.
        scene.Process.Unmap(AddressRange.OfSize(A, Size64K));
        scene.Map(A, Size64K);
        Assert.Equal(PageScan.Mixed, scan());
        scene.GiveItsOwnBlock(AddressRange.OfSize(A, Size64K));
        Assert.Equal(PageScan.MixedDevice, scan());
    }

    [Theory]
    [InlineData(Page)]
    [InlineData(Size64K)]
    [InlineData(Size2M)]
    [Rule("SVM-074")]
    [Rule("HST-020")]
    [Rule("HST-022")]
    public void A_block_is_as_large_as_its_range_contiguous_aligned_and_empty(ulong size)
    {
        using var scene = new SvmScene();
        ulong used = UsedVram(scene);
        scene.Map(A, size);
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Write));
        Assert.Equal(used + size, UsedVram(scene));
        ulong address = scene.Vm.Translate(A).Address;
        Assert.Equal(0ul, address % size);
        Assert.Equal(address + size - Page, scene.Vm.Translate(A + size - Page).Address);
        // The address is where the region begins, and an offset in it.
        Assert.InRange(address - scene.Mirrors.Device.Pagemaps[0].Base, 0ul, scene.Device.Platform.VramBytesPerTile - size);
        scene.Vm.Write(A + 8, 0x1234_5678);
        scene.Process.Unmap(AddressRange.OfSize(A, size));
        Assert.Equal((used, 0), (UsedVram(scene), scene.Memory.DeviceBlocks));

        // The next one has the same memory, and the CPU has never written what it is for.
        scene.Map(A, size, populate: false);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((address, true), (scene.Vm.Translate(A).Address, scene.IsInVram(A)));
        Assert.Equal(0, scene.Vm.Read<int>(A + 8));
    }

    [Fact]
    [Rule("SVM-074")]
    [Rule("HST-020")]
    public void Without_room_that_can_be_made_there_is_no_block()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        scene.Map(A, 2 * Size2M);
        var bos = new List<uint>();
        for (ulong i = 0; i < 7; i++)
        {
            bos.Add(scene.Bo(Size2M));
            Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A + ((i + 4) * Size2M), Size2M, VmBindFlags.Immediate, bo: bos[^1]));
        }

        // A BO goes for it.
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.Equal((1, 1), (scene.Memory.DeviceBlocks, bos.Count(bo => scene.File.FindBo(bo)!.Region == 0)));
        // Where nobody can go there is none.
        scene.Device.Failures.Arm(FailurePoint.BlockEviction, times: FailureInjector.MostTimes);
        Assert.Equal(Errno.ENOMEM, scene.Fault(A + Size2M, GpuAccessKind.Atomic));
        Assert.Equal(1, scene.Memory.DeviceBlocks);
    }

    /// <summary>What the process does between the look for the range and the move.</summary>
    [Theory]
    [InlineData("unmapped", Errno.ENOENT, 1)]
    [InlineData("cut", Errno.EINVAL, 1)]
    [InlineData("of a file", Errno.EBUSY, 2)]
    [InlineData("pinned", Errno.EBUSY, 2)]
    [Rule("SVM-075")]
    [Rule("SVM-076")]
    [Rule("SVM-078")]
    public void Memory_that_is_not_as_it_was_does_not_move(string what, Errno errno, int attempts)
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        AddressRange whole = AddressRange.OfSize(A, Size2M), page = AddressRange.OfSize(A + Size64K, Page);
        int tries = 0;
        scene.Device.Failures.Passing = point => tries += point == FailurePoint.BlockAllocation ? 1 : 0;
        Errno error = scene.InRange(A, range =>
        {
            _ = what switch
            {
                "unmapped" => scene.Process.Unmap(whole),
                "cut" => scene.Process.Protect(page, CpuProtection.Read),
                "of a file" => scene.Process.Map(whole, CpuProtection.ReadWrite, CpuVmaKind.File),
                _ => Errno.Ok,
            };
            scene.Process.SetPinned(page, what == "pinned");
            RangeMigration.IntoDevice(scene.Mirrors, range, scene.Mirrors.Device.Pagemaps[0], timeslice: 0, out Errno found);
            return found;
        });
        scene.Process.SetPinned(page, isPinned: false);
        Assert.Equal((errno, attempts, 0), (error, tries, scene.Memory.DeviceBlocks));
        Assert.Equal((0L, 0L), (scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmCpuCopyKb)));
    }

    [Fact]
    [Rule("SVM-076")]
    [Rule("SVM-080")]
    public void Pages_that_nobody_has_written_move_without_a_copy()
    {
        (SvmScene opened, CopyRecorder copies) = Timed();
        using SvmScene scene = opened;
        scene.Map(A, Size2M, populate: false);
        scene.Process.Touch(AddressRange.OfSize(A + Page, 2 * Page), write: true);
        scene.Process.Touch(AddressRange.OfSize(A + (9 * Page), Page), write: true);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((true, 12L), (scene.IsInVram(A), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal([2, 1], copies.Jobs.Select(job => job.Pages));
        Assert.Equal((100L, 100L), (scene.Count(GtCounter.SvmDeviceCopyUs), scene.Count(GtCounter.Svm2MDeviceCopyUs)));

        scene.Map(A + Size2M, Size2M, populate: false);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        Assert.Equal((2, 12L, 100L), (copies.Jobs.Count, scene.Count(GtCounter.SvmDeviceCopyKb), scene.Count(GtCounter.SvmDeviceCopyUs)));
    }

    /// <summary>All of the pages are in the target, in two blocks; or a few are not.</summary>
    [Theory]
    [InlineData(true, Errno.Ok, 0, 0, 2)]
    [InlineData(false, Errno.EBUSY, 2048 - 64, 2048, 1)]
    [Rule("SVM-077")]
    [Rule("SVM-078")]
    public void What_is_in_the_target_already_stays_only_if_all_of_it_is(bool isAll, Errno alone, long toCpu, long toDevice, int blocks)
    {
        using var scene = new SvmScene();
        Pagemap map = scene.Mirrors.Device.Pagemaps[0];
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        AddressRange part = AddressRange.OfSize(A, Size64K);
        if (isAll)
        {
            scene.GiveItsOwnBlock(part);
        }
        else
        {
            scene.Process.Unmap(part);
            scene.Map(A, Size64K);
        }

        (long fromDevice, long intoDevice) = (scene.Count(GtCounter.SvmCpuCopyKb), scene.Count(GtCounter.SvmDeviceCopyKb));
        (Errno first, Errno second) = scene.InRange(A, range =>
        {
            Assert.Equal(Size2M, scene.Ranges[range].Size);
            RangeMigration.Migrate(scene.Mirrors, range, map, timeslice: 0, alone: false, move: null, out Errno once);
            RangeMigration.IntoDevice(scene.Mirrors, range, map, timeslice: 0, out Errno again);
            return (once, again);
        });
        Assert.Equal((alone, Errno.Ok, blocks), (first, second, scene.Memory.DeviceBlocks));
        Assert.Equal(toCpu, scene.Count(GtCounter.SvmCpuCopyKb) - fromDevice);
        Assert.Equal(toDevice, scene.Count(GtCounter.SvmDeviceCopyKb) - intoDevice);
    }

    private static ulong UsedVram(SvmScene scene) => scene.Device.Memory.Regions[1].Allocator.UsedBytes;

    private static (SvmScene Scene, CopyRecorder Copies) Timed(PlatformInfo? platform = null)
    {
        var clock = new VirtualClock();
        var copies = new CopyRecorder(clock) { Time = 50 };
        return (new SvmScene(platform, options: new XeDeviceOptions { Clock = clock, CopyEngine = copies }), copies);
    }
}
