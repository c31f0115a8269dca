using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.HostMemory;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Pages in device memory: when they go, how the CPU gets them back, and how they are driven out (specification 04 chapter
/// 8).</summary>
public class DevicePageTests
{
    private readonly VirtualClock _clock = new();
    private readonly CopyRecorder _copies;

    public DevicePageTests() => _copies = new CopyRecorder(_clock);

    [Fact]
    [Rule("SVM-180")]
    [Rule("HST-021")]
    public void A_block_is_as_large_as_what_was_moved_and_goes_with_its_last_page()
    {
        using SvmScene scene = Touched();
        scene.Map(A + Size2M, Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        ulong used = UsedVram(scene);
        Assert.Equal(2, scene.Memory.DeviceBlocks);
        scene.Process.Unmap(AddressRange.OfSize(A + Size2M, Size64K));
        Assert.Equal(used - Size64K, UsedVram(scene));
        scene.Process.Unmap(AddressRange.OfSize(A + Page, Size2M - Page));
        Assert.Equal((used - Size64K, 1), (UsedVram(scene), scene.Memory.DeviceBlocks));
        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        Assert.Equal((used - Size64K - Size2M, 0), (UsedVram(scene), scene.Memory.DeviceBlocks));

        // What could not be filled is given back, too.
        scene.Map(A + (4 * Size2M), Size2M);
        _copies.FailsAt = 0;
        Assert.Equal(Errno.Ok, scene.Fault(A + (4 * Size2M)));
        Assert.Equal((used - Size64K - Size2M, 0), (UsedVram(scene), scene.Memory.DeviceBlocks));
    }

    /// <summary>A touch brings back what lies in the block-sized window, in the same mapping and in the same block.</summary>
    [Theory]
    [InlineData("", 2048)]
    [InlineData("mapping", 1024)]
    [InlineData("block", 2048 - 64)]
    [Rule("SVM-182")]
    public void A_touch_brings_back_the_block_as_far_as_the_mapping_goes(string cutBy, long kb)
    {
        using SvmScene scene = Touched();
        if (cutBy == "mapping")
            scene.Process.Protect(AddressRange.OfSize(A, Size2M / 2), CpuProtection.Read);
        if (cutBy == "block")
            scene.GiveItsOwnBlock(AddressRange.OfSize(A, Size64K));
        long before = scene.Count(GtCounter.SvmCpuCopyKb);
        int blocks = scene.Memory.DeviceBlocks;
        scene.Process.Touch(AddressRange.OfSize(A + Size2M - Page, Page), write: false);
        Assert.Equal(kb, scene.Count(GtCounter.SvmCpuCopyKb) - before);
        Assert.Equal(blocks - (cutBy == "mapping" ? 0 : 1), scene.Memory.DeviceBlocks);
    }

    [Fact]
    [Rule("SVM-183")]
    public void A_touch_that_cannot_get_the_page_fails_and_one_that_meets_a_migration_waits_for_it()
    {
        using SvmScene scene = Touched();
        Assert.True(scene.Process.TryWrite(A, [3]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Span<byte> read = [0];
        _copies.FailsAt = 0;
        Assert.False(scene.Process.TryRead(A, read));
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal(3, read[0]);

        byte[] found = [0];
        Thread? other = null;
        bool hasWaited = false;
        _copies.Copying = () =>
        {
            // Once: the other thread's copy, back to system memory, comes here as well.
            _copies.Copying = null;
            other = new Thread(() => scene.Process.TryRead(A, found));
            other.Start();
            hasWaited = !other.Join(50);
        };
        Assert.Equal(Errno.Ok, scene.Fault(A));
        other!.Join();
        Assert.Equal((true, 3), (hasWaited, found[0]));
    }

    [Fact]
    [Rule("SVM-184")]
    public void A_touch_tells_the_range_which_stays_without_entries_and_pages()
    {
        using SvmScene scene = Touched();
        var heard = new List<CpuChangeKind>();
        scene.Process.Changing += change => heard.Add(change.Kind);
        _copies.Time = 30;
        scene.Process.Touch(AddressRange.OfSize(A + (5 * Page), Page), write: false);
        Assert.Equal([CpuChangeKind.Migrate], heard.Distinct());
        SvmRange range = scene.RangeAt(A);
        Assert.Equal((A + Size2M, 1, 1, 0), (range.End, range.TilePresent, range.TileInvalidated, range.Pagemap));
        Assert.False(range.Has(SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages));
        Assert.Equal((2048L, 30L), (scene.Count(GtCounter.SvmCpuCopyKb), scene.Count(GtCounter.SvmCpuCopyUs)));
        Assert.Empty(scene.Vm.GetMappings());
    }

    [Fact]
    [Rule("SVM-185")]
    public void The_eviction_of_a_range_brings_every_device_page_back_also_where_the_cpu_may_only_read()
    {
        using SvmScene scene = Touched();
        scene.GiveItsOwnBlock(AddressRange.OfSize(A, Size64K));
        Assert.Equal(2, scene.Memory.DeviceBlocks);
        scene.Process.Protect(AddressRange.OfSize(A, Size2M), CpuProtection.Read);
        MadeUpCall.Run(scene.Vm, () =>
        {
            Assert.Equal(Errno.Ok, RangeLookup.FindOrInsert(scene.Mirrors, scene.RequestAt(A) with { IsReadOnly = true }, out int range));
            Assert.Equal(Size2M, scene.Ranges[range].Size);
            Assert.Equal(Errno.Ok, RangeMigration.Evict(scene.Mirrors, range));
        });
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }

    /// <summary>A block is copied to system memory in at most three passes.</summary>
    [Theory]
    [InlineData(0, Errno.Ok, 1)]
    [InlineData(1, Errno.Ok, 2)]
    [InlineData(2, Errno.Ok, 3)]
    [InlineData(3, Errno.EIO, 3)]
    [Rule("SVM-186")]
    [Rule("EVT-009")]
    public void A_block_is_driven_out_in_three_passes_or_stays(int failures, Errno errno, int passes)
    {
        using SvmScene scene = Touched();
        Assert.True(scene.Process.TryWrite(A + 77, [5]));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        SvmBlock block = BlockAt(scene, A);
        _copies.Jobs.Clear();
        scene.Device.Failures.Arm(FailurePoint.Copy, times: failures);
        int tries = 0;
        scene.Device.Failures.Passing = point => tries += point == FailurePoint.Copy ? 1 : 0;
        Assert.Equal(errno, block.MoveOut());
        scene.Device.Failures.Passing = null;
        scene.Device.Failures.Disarm();
        Assert.Equal((passes, errno == Errno.Ok ? 0 : 1), (failures == 0 ? 1 : tries, scene.Memory.DeviceBlocks));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(5, scene.Vm.Read<byte>(A + 77));
    }

    [Fact]
    [Rule("SVM-186")]
    public void The_block_of_a_process_that_is_gone_cannot_be_driven_out()
    {
        using SvmScene scene = Touched();
        SvmBlock block = BlockAt(scene, A);
        scene.Process.LoseUsers();
        Assert.Equal((Errno.EFAULT, 1), (block.MoveOut(), scene.Memory.DeviceBlocks));
    }

    /// <summary>Somebody else has collected a page and neither moves it nor puts it back.</summary>
    [Fact]
    [Rule("SVM-185")]
    [Rule("SVM-186")]
    [Rule("CFG-006")]
    public void A_page_that_somebody_keeps_is_busy()
    {
        using SvmScene scene = Touched();
        SvmBlock block = BlockAt(scene, A);
        var kept = new CpuMigration();
        Assert.Equal(Errno.Ok, scene.Process.Collect(kept, AddressRange.OfSize(A, Page), CpuCollectKinds.OfBlock(block)));
        Assert.Equal(Errno.EBUSY, block.MoveOut());
        var host = new ThrowingProcess(scene.Process) { Calling = () => _clock.Pause(5_000_000) };
        using var other = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Clock = _clock });
        XeFile file = other.OpenFile();
        file.AddressSpace = host;
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(AddressRange.OfSize(0, vm.Size));
        var space = (MirrorSpace)vm.Context.Mirrors!;
        MadeUpCall.Run(vm, () =>
        {
            var request = new RangeRequest(A, 0, vm.Size, IsReadOnly: false, PresenceLimit: 0, Owner: null, MayMigrate: true);
            Assert.Equal(Errno.Ok, RangeLookup.FindOrInsert(space, request, out int range));
            long begun = _clock.Now;
            Assert.Equal(Errno.EBUSY, RangeMigration.Evict(space, range));
            Assert.InRange(_clock.Now - begun, 1_000_000_001, 1_100_000_000);
        });

        scene.Process.Restore(kept);
        Assert.Equal((Errno.Ok, 0), (block.MoveOut(), scene.Memory.DeviceBlocks));
    }

    /// <summary>A BO that a VM in fault mode maps stays while the VM is busy; memory of a process that is mapped there does not.</summary>
    [Fact]
    [Rule("SVM-188")]
    public void A_block_is_no_bo_and_waits_for_nobody()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 });
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        var bos = new List<uint>();
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        for (ulong i = 0; scene.Memory.DeviceBlocks > 0; i++)
        {
            Assert.InRange(i, 0ul, 7ul);
            bos.Add(scene.Bo(Size2M));
            DrmXeVmBindOp op = new() { Op = VmBindOp.Map, Obj = bos[^1], Addr = A + ((i + 8) * Size2M), Range = Size2M };
            Assert.Equal(Errno.Ok, scene.File.VmBind(other.Id, [op with { Flags = VmBindFlags.Immediate }]));
        }

        Assert.Empty(scene.Vm.EvictedBos);
        Assert.Equal((1, false), (scene.Ranges.Count, scene.RangeAt(A).Has(SvmRangeFlags.HasPages)));
        Assert.Empty(scene.Vm.GetMappings());
        running.TrySignal();
        Assert.Equal(Errno.Ok, scene.Fault(A));
    }

    private static SvmBlock BlockAt(SvmScene scene, ulong address)
    {
        var pages = new CpuPageList();
        scene.Process.Snapshot(AddressRange.OfSize(address, Page), scene.Mirrors.Device.Owner, pages);
        return Assert.IsType<SvmBlock>(pages.Runs[0].Block);
    }

    private static ulong UsedVram(SvmScene scene) => scene.Device.Memory.Regions[1].Allocator.UsedBytes;

    private SvmScene Touched()
    {
        var scene = new SvmScene(options: new XeDeviceOptions { Clock = _clock, CopyEngine = _copies });
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        return scene;
    }
}
