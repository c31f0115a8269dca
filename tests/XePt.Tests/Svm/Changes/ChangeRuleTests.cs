using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.Kit;
using XePt.Tests.Queues;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>What changes of the process's memory do to ranges (specification 04 chapters 6, 7 and 10).</summary>
public class ChangeRuleTests
{
    private static AddressRange Range(ulong start, ulong size) => AddressRange.OfSize(start, size);

    [Fact]
    [Rule("SVM-140")]
    public void A_change_that_may_not_wait_is_refused_and_nothing_happens()
    {
        using SvmScene scene = Touched(1);
        ulong state = scene.Vm.StateHash();
        Assert.False(scene.Process.Raise(CpuChangeKind.Clear, Range(A, Page), mayBlock: false));
        Assert.Equal((state, 0L), (scene.Vm.StateHash(), scene.Count(GtCounter.SvmTlbInvalCount)));
        Assert.True(scene.RangeAt(A).Has(SvmRangeFlags.HasPages));
        Assert.True(scene.Process.Raise(CpuChangeKind.Clear, Range(A, Page)));
        Assert.False(scene.RangeAt(A).Has(SvmRangeFlags.HasPages));
    }

    [Fact]
    [Rule("SVM-141")]
    public void A_change_beside_all_ranges_does_nothing_more()
    {
        using SvmScene scene = Touched(1);
        scene.Map(A + (4 * Size2M), Size2M);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        ulong state = scene.Vm.StateHash();
        scene.Process.Unmap(Range(A + (4 * Size2M), Size2M));
        Assert.Equal((state, 0, 0L), (scene.Vm.StateHash(), tlb.Received.Count, scene.Count(GtCounter.SvmTlbInvalCount)));
    }

    /// <summary>Whoever is to signal what is in flight may be the one that changes the memory, so nothing may wait for it; and what is in
    /// flight brings nothing back.</summary>
    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    public void A_change_takes_entries_away_at_once_whatever_the_vm_has_in_flight(DriveMode drive)
    {
        using SvmScene scene = Touched(3, drive);
        Fence fence = scene.Device.CreateFence("test");
        Assert.Equal(Errno.Ok, scene.BindAfter(fence, new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Obj = scene.Bo(Size2M),
            Addr = A + (3 * Size2M),
            Range = Size2M,
            Flags = VmBindFlags.Immediate,
        }));
        Assert.False(scene.Vm.IsIdle);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        scene.Process.Discard(Range(A, Page));
        Assert.Equal(("011", 1), (Present(), tlb.Received.Count));
        scene.Process.Unmap(Range(A + Size2M, Size2M));
        Assert.Equal(("001", 2), (Present(), tlb.Received.Count));

        fence.TrySignal();
        scene.Device.Pump();
        Assert.Equal(("001", true, true), (Present(), scene.Vm.Translate(A + (3 * Size2M)).IsPresent, scene.Vm.IsIdle));
        Assert.False(scene.HasRange(A + Size2M));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal("101", Present());

        string Present() =>
            string.Concat(Enumerable.Range(0, 3).Select(i => scene.Vm.Translate(A + ((ulong)i * Size2M)).IsPresent ? 1 : 0));
    }

    [Theory]
    [InlineData(CpuChangeKind.Clear)]
    [InlineData(CpuChangeKind.ProtectionVma)]
    [InlineData(CpuChangeKind.ProtectionPage)]
    [InlineData(CpuChangeKind.SoftDirty)]
    [InlineData(CpuChangeKind.Exclusive)]
    [InlineData(CpuChangeKind.Migrate)]
    [InlineData(CpuChangeKind.Release)]
    [Rule("SVM-144")]
    [Rule("SVM-145")]
    [Rule("SVM-147")]
    [Rule("SVM-149")]
    [Rule("SVM-150")]
    [Rule("VEC-07")]
    [Rule("PT-118")]
    public void Whatever_is_no_unmap_takes_entries_and_pages_of_whole_ranges_which_stay(CpuChangeKind kind)
    {
        using SvmScene scene = Touched(3);
        RecordingTlb[] tlbs = [new(), new()];
        for (int gt = 0; gt < 2; gt++)
            scene.Device.Tlb.Register(gt, tlbs[gt]);
        // The last page of the first range, and the first of the second.
        Assert.True(scene.Process.Raise(kind, Range(A + Size2M - Page, 2 * Page)));
        Assert.Equal((0, 1, 1), (Valid(scene, 0), scene.RangeAt(A).TilePresent, scene.RangeAt(A).TileInvalidated));
        Assert.Equal((0, 1), (Valid(scene, 1), Valid(scene, 2)));
        foreach (int i in (int[])[0, 1])
            Assert.Equal((0, 0), ((int)(scene.RangeAt(A + ((ulong)i * Size2M)).Flags & (SvmRangeFlags.HasPages
                | SvmRangeFlags.HasDevicePages | SvmRangeFlags.Unmapped)), scene.RangeAt(A + ((ulong)i * Size2M)).Pagemap));
        foreach (RecordingTlb tlb in tlbs)
        {
            TlbInvalidation sent = Assert.Single(tlb.Received);
            Assert.Equal((A, A + (2 * Size2M), TlbInvalidationCause.Range), (sent.Range.Start, sent.Range.End, sent.Cause));
        }

        Assert.Equal((2L, 2L), (scene.Count(GtCounter.SvmTlbInvalCount), scene.Count(GtCounter.SvmTlbInvalCount, gt: 1)));
        Assert.Equal(3, scene.Ranges.Count);

        // A second one finds nothing to take away.
        Assert.True(scene.Process.Raise(kind, Range(A, Size2M)));
        Assert.Equal((1, 2L), (tlbs[0].Received.Count, scene.Count(GtCounter.SvmTlbInvalCount)));
    }

    [Fact]
    [Rule("SVM-148")]
    [Rule("SVM-152")]
    [Rule("SVM-160")]
    [Rule("CON-006")]
    public void What_is_unmapped_waits_for_the_collector_and_binds_and_advice_wait_for_it_first()
    {
        using SvmScene scene = Touched(4, DriveMode.Queued);
        scene.Process.Unmap(Range(A, Page));
        scene.Process.Unmap(Range(A + Size2M, Size2M));
        Assert.Equal((4, true), (scene.Ranges.Count, scene.Vm.Context.Mirrors!.HasGarbage));
        Assert.Equal(SvmRangeFlags.Unmapped | SvmRangeFlags.PartlyUnmapped | SvmRangeFlags.Listed | SvmRangeFlags.Migrates,
            scene.RangeAt(A).Flags);
        Assert.False(scene.RangeAt(A + Size2M).Has(SvmRangeFlags.PartlyUnmapped));
        // EXEC and the query of attributes do not wait.
        var query = new DrmXeVmQueryMemRangeAttr { VmId = scene.Vm.Id, Range = scene.Vm.Size };
        Assert.Equal(Errno.Ok, scene.File.VmQueryMemRangeAttrs(ref query));
        Assert.Equal(Errno.Ok, scene.File.Exec(scene.File.Queue(scene.Vm.Id).Id, A + (2 * Size2M)));
        Assert.Equal(4, scene.Ranges.Count);
        Assert.Equal(Errno.Ok, scene.Advise(0, Page, AtomicAccess.Device));
        Assert.Equal((2, false), (scene.Ranges.Count, scene.Vm.Context.Mirrors.HasGarbage));

        scene.Process.Unmap(Range(A + (2 * Size2M), Size2M));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Unmap, A + (2 * Size2M), Size2M));
        scene.Process.Unmap(Range(A + (3 * Size2M), Size2M));
        Assert.Equal(1, scene.Ranges.Count);
        scene.Device.Pump();
        Assert.Equal((0, 0), (scene.Ranges.Count, scene.Process.SubscriptionCount));
    }

    [Fact]
    [Rule("SVM-148")]
    [Rule("SVM-150")]
    [Rule("SVM-162")]
    [Rule("PT-118")]
    public void Ranges_are_collected_in_the_order_in_which_they_were_unmapped_and_once()
    {
        using SvmScene scene = Touched(3, DriveMode.Queued);
        scene.Process.Unmap(Range(A + (2 * Size2M), Page));
        scene.Process.Unmap(Range(A, Page));
        scene.Process.Unmap(Range(A + (2 * Size2M) + Page, Page));
        Assert.Equal(2L, scene.Count(GtCounter.SvmTlbInvalCount));
        var order = new List<ulong>();
        SvmRangeMap ranges = scene.Ranges;
        for (int range = ranges.FirstGarbage; range != 0; range = ranges[range].NextGarbage)
            order.Add(ranges[range].Start);
        Assert.Equal([A + (2 * Size2M), A], order);
        scene.Device.Pump();
        Assert.Equal(1, scene.Ranges.Count);
    }

    [Fact]
    [Rule("SVM-163")]
    public void The_unbind_of_what_was_zapped_is_flushed_only_where_tables_go()
    {
        using SvmScene scene = Touched(2);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(0, tlb);
        scene.Process.Unmap(Range(A, Size2M));
        Assert.Equal([TlbInvalidationCause.Range], tlb.Received.Select(sent => sent.Cause));
        // The last one takes the directories along.
        scene.Process.Unmap(Range(A + Size2M, Size2M));
        Assert.Equal(
            [TlbInvalidationCause.Range, TlbInvalidationCause.Range, TlbInvalidationCause.Bind], tlb.Received.Select(sent => sent.Cause));
    }

    [Fact]
    [Rule("SVM-112")]
    [Rule("SVM-164")]
    [Rule("VEC-03")]
    public void What_is_left_of_a_range_stays_in_device_memory_also_where_no_range_can_be_bound_to_it()
    {
        using SvmScene scene = Touched(1, platform: XePlatforms.Dg2 with
        {
            HasFaultMode = true,
            HasAsid = true,
            VramNeeds64K = true,
        });
        scene.Process.Unmap(Range(A, Page));
        Assert.Equal((0, 1), (scene.Ranges.Count, scene.Memory.DeviceBlocks));
        // A single page of the rest cannot be mapped in 64 KiB, and its memory does not move.
        Assert.Equal(Errno.EINVAL, scene.Fault(A + Page));
        Assert.Equal(Errno.EINVAL, scene.Bind(VmBindOp.Prefetch, A + Page, Page, region: 1));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A + Page, Page));
        Assert.True(scene.Vm.Translate(A + Page).IsPresent);
        Assert.Equal(Errno.Ok, scene.Fault(A + Size64K));
    }

    [Fact]
    [Rule("SVM-166")]
    public void Without_a_mirror_where_a_range_was_the_collection_stops()
    {
        using SvmScene scene = Touched(2, DriveMode.Queued);
        scene.Process.Unmap(Range(A, 2 * Size2M));
        // Only a mirror MAP earlier in the same call lets a mirror go that has ranges.
        SvmRangeMap ranges = scene.Ranges;
        int vma = scene.Vm.Context.Space.Find(A);
        scene.Vm.Context.Space.Vmas[vma].Flags &= ~VmaFlags.Mirror;
        Assert.Equal(Errno.EINVAL, RunCollector(scene));
        Assert.Equal(1, ranges.Count);
        scene.Vm.Context.Space.Vmas[vma].Flags |= VmaFlags.Mirror;
        Assert.Equal(Errno.Ok, RunCollector(scene));
        Assert.Equal(0, ranges.Count);
    }

    /// <summary>A fault on a mirror or a BO, where the last one was on a mirror or a BO. The driver services a BO that had the last one
    /// (Q17).</summary>
    [Theory]
    [InlineData(false, false, Errno.ENOENT)]
    [InlineData(true, false, Errno.EINVAL)]
    [InlineData(false, true, Errno.EINVAL)]
    [InlineData(true, true, Errno.ENOENT)]
    [Rule("SVM-161")]
    [Rule("SVM-041")]
    [Rule("FLT-034")]
    public void A_vm_that_is_banned_collects_nothing_and_nacks(bool isBo, bool wasBo, Errno errno)
    {
        const ulong Bo = A + (8 * Size2M);
        using SvmScene scene = Touched(2, DriveMode.Queued);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, Bo, Size2M, bo: scene.Bo(Size2M)));
        Assert.Equal(Errno.Ok, scene.Fault(wasBo ? Bo : A + Size2M));
        scene.Process.Unmap(Range(A, Page));
        scene.Vm.Context.Ban();
        Assert.Equal(Errno.ENOENT, RunCollector(scene));
        Assert.Equal(2, scene.Ranges.Count);
        Assert.Equal(errno, scene.Fault(isBo ? Bo : A + Size2M));
        Assert.Equal((Errno.EINVAL, wasBo), (scene.Fault(scene.Vm.Size), scene.Vm.Translate(Bo).IsPresent));
    }

    [Fact]
    [Rule("SVM-190")]
    [Rule("SVM-191")]
    [Rule("SVM-192")]
    [Rule("SVM-193")]
    [Rule("SVM-142")]
    [Rule("FLT-032")]
    public void A_vm_that_ends_flushes_everything_and_leaves_the_memory_to_the_process()
    {
        using SvmScene scene = Touched(3, DriveMode.Queued);
        var tlb = new RecordingTlb();
        scene.Device.Tlb.Register(1, tlb);
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        scene.Process.Unmap(Range(A, Page));
        int before = tlb.Received.Count;
        uint asid = scene.Vm.TlbVm.Asid;
        scene.Vm.Destroy();

        // Closed and not gone yet: faults are nacked, changes take pages and touch no entries.
        Assert.Equal(Errno.ENOENT, scene.Fault(A + Size2M));
        scene.Process.Discard(Range(A + Size2M, Page));
        Assert.Equal(0, scene.Process.IsGone ? 1 : 0);
        running.TrySignal();
        scene.Device.Pump();
        Assert.Equal(0, scene.Process.SubscriptionCount);
        Assert.Contains(
            tlb.Received.Skip(before), sent => sent.Cause == TlbInvalidationCause.Close && sent.Range == Range(0, scene.Vm.Size));
        Assert.True(scene.Memory.DeviceBlocks > 0);
        Assert.Equal(Errno.Ok, scene.Device.RaiseFault(new GpuFault { Asid = asid, PageAddress = A }));
        scene.Device.Pump();
        Assert.Equal(Errno.EINVAL, scene.Replies[^1].Error);
        scene.Process.Unmap(Range(A, 3 * Size2M));
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }

    /// <summary>The entries are zeroed at once; the tables go by an update that waits for everything of the VM.</summary>
    [Fact]
    [Rule("CON-013")]
    public void The_unbind_of_the_collector_waits_for_all_fences_of_the_vm()
    {
        using SvmScene scene = Touched(1, platform: XePlatforms.Lnl);
        int tables = scene.Device.TablesInUse;
        Fence running = scene.Device.CreateFence("job");
        scene.Vm.Context.Jobs.Reservation.Add(running, FenceUsage.Bookkeep);
        scene.Process.Unmap(Range(A, Size2M));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.False(scene.HasRange(A));
        Assert.Equal((1, tables), (scene.Vm.Context.Jobs.PendingCount, scene.Device.TablesInUse));
        running.TrySignal();
        Assert.Equal(0, scene.Vm.Context.Jobs.PendingCount);
        Assert.True(scene.Device.TablesInUse < tables);
        Assert.True(scene.Vm.IsIdle);
    }

    /// <summary>Flushed first, while notifiers, ranges and the address-space id are there; the id last.</summary>
    [Fact]
    [Rule("SVM-190")]
    public void A_vm_that_ends_is_flushed_before_its_notifiers_go_and_its_id_goes_after_them()
    {
        using SvmScene scene = Touched(2);
        uint asid = scene.Vm.TlbVm.Asid;
        var seen = new List<(int Notifiers, bool IsClosed, bool IsKnown, bool HasRanges)>();
        var tlb = new RecordingTlb();
        tlb.Receiving = sent =>
        {
            if (sent.Cause == TlbInvalidationCause.Close)
                seen.Add((scene.Process.SubscriptionCount, scene.Vm.Context.IsClosed, scene.Device.Faults.FindVm(asid) is not null,
                    scene.Ranges.Count == 2));
        };
        scene.Device.Tlb.Register(0, tlb);
        scene.Vm.Destroy();
        Assert.Equal([(1, true, true, true)], seen);
        Assert.Equal(0, scene.Process.SubscriptionCount);
        Assert.Null(scene.Device.Faults.FindVm(asid));
    }

    private static Errno RunCollector(SvmScene scene) =>
        MadeUpCall.Run(scene.Vm, ((XePt.Svm.MirrorSpace)scene.Vm.Context.Mirrors!).Garbage.Run);

    private static int Valid(SvmScene scene, int i) => scene.RangeAt(A + ((ulong)i * Size2M)).HasValidMapping(0) ? 1 : 0;

    /// <summary>Work that others ask for runs once for all of them; asked for while it runs, once more; and never within itself.</summary>
    [Fact]
    [Rule("HST-035")]
    public void The_worker_of_the_collector_is_queued_once_and_once_more_while_it_runs()
    {
        using SvmScene scene = Touched(4, DriveMode.Queued);
        GarbageCollector collector = scene.Mirrors.Garbage;
        scene.Process.Unmap(Range(A, Size2M));
        scene.Process.Unmap(Range(A + Size2M, Size2M));
        Assert.Equal((true, 4), (collector.IsQueued, scene.Ranges.Count));
        int inside = 0, deepest = 0;
        scene.Device.Failures.Passing = point =>
        {
            if (point != FailurePoint.RangeUnbind)
                return;
            deepest = Math.Max(deepest, ++inside);
            // The first one unmaps another range: its change is heard while the worker runs.
            if (scene.Process.TryFindFirstVma(Range(A + (2 * Size2M), Size2M), out _))
                scene.Process.Unmap(Range(A + (2 * Size2M), Size2M));
            inside--;
        };
        Assert.Equal(1, scene.Device.Pump(1));
        Assert.Equal((1, 1, true), (scene.Ranges.Count, deepest, collector.IsQueued));
        Assert.Equal(1, scene.Device.Pump());
        Assert.Equal((1, false, 0), (scene.Ranges.Count, collector.IsQueued, scene.Device.Pump()));

        // One that is queued when the VM ends finds nothing to do.
        scene.Process.Unmap(Range(A + (3 * Size2M), Size2M));
        Assert.True(collector.IsQueued);
        int unbinds = 0;
        scene.Device.Failures.Passing = point => unbinds += point == FailurePoint.RangeUnbind ? 1 : 0;
        scene.Vm.Destroy();
        scene.Device.Pump();
        Assert.Equal((0, 0, false), (unbinds, scene.Ranges.Count, collector.IsQueued));
    }

    private static SvmScene Touched(int ranges, DriveMode drive = DriveMode.Inline, PlatformInfo? platform = null)
    {
        var scene = new SvmScene(platform, drive: drive);
        scene.Map(A, (ulong)ranges * Size2M);
        for (int i = 0; i < ranges; i++)
            Assert.Equal(Errno.Ok, scene.Fault(A + ((ulong)i * Size2M)));
        return scene;
    }
}
