using XePt.Devices;
using XePt.Diagnostics;
using XePt.Faults;
using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>The steps of a mirror fault, in their order (specification 04 section 5.1).</summary>
public class MirrorStepTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Rule("SVM-048")]
    [Rule("SVM-049")]
    public void Memory_moves_then_pages_are_collected_then_the_tile_of_the_fault_is_bound_then_the_answer_goes_out(int tile)
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        scene.Map(A, Size2M);
        var steps = new List<FailurePoint>();
        bool[] bound = [];
        scene.Device.Failures.Passing = steps.Add;
        scene.Replying = () => bound = [scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(A, tile: 1).IsPresent];
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: tile * scene.Device.Platform.GtSlotsPerTile));
        FailurePoint[] expected = [FailurePoint.BlockAllocation, FailurePoint.Copy, FailurePoint.PageCollection, FailurePoint.RangeBind,
            FailurePoint.RangeCommit];
        Assert.Equal(expected, steps.Where(expected.Contains));
        Assert.Equal([tile == 0, tile == 1], bound);

        // Where memory is to be is not asked when the range is valid, and not again when its attempts are used up.
        steps.Clear();
        Assert.Equal(Errno.Ok, scene.Fault(A, gt: tile * scene.Device.Platform.GtSlotsPerTile));
        Assert.Empty(steps);
    }

    /// <summary>The answer waits for the bind where it is not done at once.</summary>
    [Fact]
    [Rule("FLT-048")]
    public void The_answer_to_a_fault_on_a_bo_waits_for_the_bind()
    {
        using var scene = new SvmScene(drive: DriveMode.Queued);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A, Size2M, bo: scene.Bo(Size2M)));
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        scene.Device.RaiseFault(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A });
        scene.Device.Pump();
        Assert.Equal((0, false), (scene.Replies.Count, scene.Vm.Translate(A).IsPresent));
        running.TrySignal();
        scene.Replying = () => Assert.True(scene.Vm.Translate(A).IsPresent);
        scene.Device.Pump();
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
    }

    [Fact]
    [Rule("SVM-042")]
    public void When_the_collector_replaces_the_vma_the_fault_begins_again_with_the_attributes_of_now()
    {
        using var scene = new SvmScene(flags: VmBindFlags.MadviseAutoreset, drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        // As long as these last, atomics are done where the memory is, and that is the system's.
        Assert.Equal(Errno.Ok, scene.Advise(A, Size2M, AtomicAccess.Device));
        Assert.Equal(Errno.Ok, scene.Prefer(A, Size2M, file: -1));
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Atomic));
        Assert.False(scene.IsInVram(A));
        scene.Process.Unmap(AddressRange.OfSize(A + (Size2M / 2), Size2M / 2));
        long before = scene.Count(GtCounter.SvmPagefaultCount);
        // Before the worker of the collector, which would be first in the queue.
        var service = new FaultService(scene.Device.Mirrors.AddLanes());
        service.Begin(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = A, Access = GpuAccessKind.Atomic });
        service.Run(scene.Device.Faults);
        Assert.Equal((Errno.Ok, before + 2), (service.Why.Errno, scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal((1, true), (scene.Vm.GetVmas().Count, scene.IsInVram(A)));
        // It needed device memory: the CPU does not get it back at once.
        long begun = scene.Device.Clock.Now;
        scene.Process.Touch(AddressRange.OfSize(A, Page), write: false);
        Assert.True(scene.Device.Clock.Now > begun);
    }

    /// <summary>While the fault is about to bind, another mirror with advice of its own loses its memory, and this one its pages. The next
    /// fault, too, finds the VMA that is there now (Q17).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [Rule("SVM-042")]
    public void It_begins_again_as_often_as_VMAs_are_replaced(int replaced)
    {
        using var scene = new SvmScene(flags: VmBindFlags.MadviseAutoreset, drive: DriveMode.Queued);
        scene.Map(A, Size2M * 4);
        for (ulong at = A; at < A + (Size2M * 4); at += Size2M)
        {
            Assert.Equal(Errno.Ok, scene.Advise(at, Size2M, AtomicAccess.Device));
            Assert.Equal(Errno.Ok, scene.Fault(at));
        }

        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A, Page)));
        int left = replaced;
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.RangeCommit || left == 0)
                return;
            Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A + (Size2M * (ulong)left--), Size2M)));
            Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A, Page)));
        };
        long before = scene.Count(GtCounter.SvmPagefaultCount);
        Errno error = Service(scene, A);
        scene.Device.Failures.Passing = null;
        Assert.Equal((Errno.Ok, before + 1 + replaced), (error, scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal((0, true), (left, scene.Vm.Translate(A).IsPresent));

        // The mirror of the fault itself is replaced, and the one that comes next is served by what is there since.
        scene.Process.Unmap(AddressRange.OfSize(A + Page, Page));
        before = scene.Count(GtCounter.SvmPagefaultCount);
        Assert.Equal((Errno.Ok, before + 2), (Service(scene, A), scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal(AtomicAccess.Undefined, scene.Vm.FindVma(A)!.Value.Atomic);
        Assert.Equal((Errno.Ok, before + 3), (Service(scene, A), scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal(Errno.ENOENT, Service(scene, A + Page));
    }

    /// <summary>A fault before the worker of the collector, which would be first in the queue.</summary>
    private static Errno Service(SvmScene scene, ulong address)
    {
        var service = new FaultService(scene.Device.Mirrors.AddLanes());
        service.Begin(new GpuFault { Asid = scene.Vm.TlbVm.Asid, PageAddress = address });
        service.Run(scene.Device.Faults);
        return service.Why.Errno;
    }

    [Fact]
    [Rule("SVM-043")]
    public void The_target_is_what_the_atomic_needs_or_the_location_says()
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        using var integrated = new SvmScene(XePlatforms.Lnl);
        VmaAttributes of(int file, int pagemap = 0) => new() { PreferredDevice = file, Pagemap = pagemap };
        int? target(SvmScene at, VmaAttributes attributes, int tile) => at.Mirrors.TargetOf(attributes, tile)?.Number;
        foreach (int tile in (int[])[0, 1])
        {
            Assert.Equal(2, target(scene, of(7, pagemap: 2), tile));
            Assert.Null(target(scene, of(-1), tile));
            Assert.Equal(tile + 1, target(scene, of(0), tile));
            Assert.Null(target(scene, of(7), tile));
        }

        Assert.Null(target(integrated, of(0), 0));
        Assert.Null(target(integrated, of(-1), 0));

        // An atomic that needs device memory has that of the tile of the fault, whatever is preferred.
        scene.Map(A, 2 * Size2M);
        int file = scene.Device.Descriptors.Open(scene.File);
        Assert.Equal(Errno.Ok, scene.Prefer(A, Size2M, file, region: 2));
        Assert.Equal(Errno.Ok, scene.Prefer(A + Size2M, Size2M, file: -1));
        foreach (ulong at in (ulong[])[A, A + Size2M])
        {
            Assert.Equal(Errno.Ok, scene.Fault(at, GpuAccessKind.Atomic));
            Assert.Equal(1, scene.RangeAt(at).Pagemap);
        }
    }

    [Fact]
    [Rule("SVM-046")]
    public void Each_turn_counts_by_size_and_an_atomic_on_what_cannot_move_ends_there()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        scene.Device.Failures.Arm(FailurePoint.PageCollection, times: 3);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((1L, 4L), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.Svm2MPagefaultCount)));

        // The driver answers that all is well (Q1).
        scene.Map(A + Size2M, Size64K, kind: CpuVmaKind.File);
        int steps = 0;
        scene.Device.Failures.Passing = point => steps += point != FailurePoint.Allocation ? 1 : 0;
        Assert.Equal(Errno.EACCES, scene.Fault(A + Size2M, GpuAccessKind.Atomic));
        Assert.Equal((1L, 0, false), (scene.Count(GtCounter.Svm64KPagefaultCount), steps, scene.Vm.Translate(A + Size2M).IsPresent));
    }

    /// <summary>What finding or making the range fails with is the answer.</summary>
    [Theory]
    [InlineData("nothing", Errno.ENOENT)]
    [InlineData("read-only", Errno.EPERM)]
    [InlineData("gone", Errno.EFAULT)]
    [InlineData("memory", Errno.ENOMEM)]
    [Rule("SVM-045")]
    public void Without_a_range_the_fault_is_nacked(string case_, Errno errno)
    {
        using var scene = new SvmScene();
        if (case_ != "nothing")
            scene.Process.Map(AddressRange.OfSize(A, Page), case_ == "read-only" ? CpuProtection.Read : CpuProtection.ReadWrite);
        if (case_ == "gone")
            scene.Process.Exit();
        if (case_ == "memory")
            scene.Device.Failures.Arm(FailurePoint.Allocation);
        Assert.Equal(errno, scene.Fault(A));
        scene.Device.Failures.Disarm();
        Assert.Equal((0, 0, 1L), (scene.Ranges.Count, scene.Process.SubscriptionCount, scene.Count(GtCounter.SvmPagefaultCount)));
        Assert.Equal(0L, scene.Count(GtCounter.Svm4KPagefaultCount));
    }
}
