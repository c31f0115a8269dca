using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Tests.Async;
using XePt.Tests.Kit;
using XePt.Tests.Queues;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.PageTables;

/// <summary>How a tile update runs and ends: what may fail, which queue it is on, what its fence waits for, and what happens to displaced
/// tables (specification 03 sections 13 and 15).</summary>
public class UpdateRunTests
{
    private const uint LrFault = 6, LrFaultScratch = 7;

    [Fact]
    [Rule("PT-144")]
    [Rule("PT-143")]
    public void A_request_fails_before_anything_is_submitted_or_not_at_all()
    {
        bool isDone = false;
        for (int failures = 0; !isDone; failures++)
        {
            Assert.True(failures < 1000);
            using var scene = new AsyncScene();
            scene.Do(Null(A, 16 * Page));
            (uint inSync, Fence fence) = scene.Pending();
            uint outSync = scene.File.SyncobjCreate();
            ulong before = scene.Vm.StateHash();

            scene.Device.Failures.Arm(FailurePoint.Allocation, failures);
            Errno errno = scene.Bind([In(inSync), Out(outSync)], Unmap(A + (4 * Page), Page), Null(A + Leaf, Page));
            scene.Device.Failures.Disarm();
            isDone = errno == Errno.Ok;
            Assert.Equal(isDone ? 1 : 0, scene.Vm.Context.Jobs.PendingCount);
            Assert.Equal(isDone, scene.File.FindSyncobj(outSync)!.HasFence);
            if (!isDone)
            {
                Assert.Equal((Errno.ENOMEM, before), (errno, scene.Vm.StateHash()));
                fence.TrySignal();
                Assert.True(scene.IsMapped(A + (4 * Page)));
                continue;
            }

            // What is submitted asks for no memory any more and ends without error.
            Fence done = scene.Vm.LastFence;
            using (var count = new AllocationCount(scene.Device.Failures))
            {
                scene.Device.Failures.Arm(FailurePoint.Allocation);
                fence.TrySignal();
                Assert.Equal((true, Errno.Ok), (done.IsSignalled, done.Error));
                Assert.Equal(0, count.Value);
            }

            scene.Device.Failures.Disarm();
            Assert.Equal((false, true), (scene.IsMapped(A + (4 * Page)), scene.IsMapped(A + Leaf)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("PT-146")]
    public void Displaced_tables_are_released_when_the_update_is_over(bool waits)
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, Page));
        int before = scene.Device.TablesInUse;
        Fence? fence = null;
        if (waits)
            fence = scene.BindAfter(Null(A, Leaf));
        else
            scene.Do(Null(A, Leaf));

        // While it waits, walkers still find the old tables, and the new ones are made.
        Assert.True(
            waits ? scene.Device.TablesInUse > before && scene.Vm.Translate(A).PageSize == Page : scene.Device.TablesInUse == before - 1);
        fence?.TrySignal();
        Assert.Equal(Leaf, scene.Vm.Translate(A).PageSize);
        scene.Do(Unmap(A + (1UL << 40), Page));
        Assert.Equal(before - 1, scene.Device.TablesInUse);
        Assert.True(scene.Vm.Context.Call.Tiles.All(tile => tile.NewTables.Count == 0 && !tile.IsInFlight));
    }

    [Fact]
    [Rule("PT-146")]
    public void An_update_that_was_aborted_releases_what_it_made_and_displaces_nothing()
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, Page));
        int before = scene.Device.TablesInUse;
        scene.Device.Failures.Arm(FailurePoint.Run);
        Assert.Equal(Errno.ENOSPC, scene.Bind([], Null(A, Leaf), Null(A + (1UL << 40), Page)));
        Assert.Equal(before, scene.Device.TablesInUse);
        Assert.Equal(Page, scene.Vm.Translate(A).PageSize);
        Assert.True(scene.Vm.Context.Call.Tiles.All(tile => tile.NewTables.Count == 0));
    }

    [Theory]
    [InlineData("bmg", false)]
    [InlineData("bmg", true)]
    [InlineData("pvc-2t", false)]
    [InlineData("pvc-2t", true)]
    [Rule("PT-149")]
    [Rule("PT-175")]
    public void The_fence_of_a_request_waits_for_its_writes_and_the_last_flush_of_its_queue_on_every_gt(string platform, bool lastFirst)
    {
        using var scene = new AsyncScene(platform: TestGpu.Named(platform));
        RecordingTlb[] gts = Register(scene);
        Assert.Equal(2, gts.Length);
        uint other = scene.File.BindQueue(scene.Vm.Id).Id;
        scene.Do(Null(A, Page));
        scene.Do(Null(A + Leaf, Page));
        Assert.True(scene.Vm.LastFence.IsSignalled);

        scene.Do(Unmap(A, Page));
        Fence unbind = scene.Vm.LastFence;
        Assert.False(scene.IsMapped(A));
        // It flushes nothing itself, but the queue's last flush counts; that of another queue does not.
        scene.Do(Null(A + (2 * Leaf), Page));
        Fence later = scene.Vm.LastFence;
        Assert.True(scene.IsMapped(A + (2 * Leaf)));
        Assert.Equal(Errno.Ok, scene.BindOn(other, [], Null(A + (1UL << 40), Page)));
        Assert.True(scene.Vm.LastFence.IsSignalled);

        foreach (RecordingTlb gt in lastFirst ? gts.Reverse() : gts)
        {
            Assert.Equal((false, false), (unbind.IsSignalled, later.IsSignalled));
            Assert.Single(gt.Received).Acknowledge();
        }

        Assert.Equal((true, true), (unbind.IsSignalled, later.IsSignalled));
    }

    [Fact]
    [Rule("PT-149")]
    [Rule("PT-143")]
    public void The_fence_of_a_fault_waits_for_its_writes_only()
    {
        using var scene = new AsyncScene(vmFlags: LrFaultScratch);
        scene.Do(Null(A, Page));
        RecordingTlb[] gts = Register(scene);
        Assert.Equal(Errno.Ok, scene.Vm.Fault(A, out Fence fault));
        Assert.True(fault.IsSignalled && scene.IsMapped(A));
        Assert.All(gts, gt => Assert.Single(gt.Received));
        Assert.False(scene.Vm.IsIdle);

        scene.Do(Null(A + Leaf, Page) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate });
        Assert.False(scene.Vm.LastFence.IsSignalled);
    }

    [Fact]
    [Rule("PT-150")]
    public void Each_tile_has_its_lane_of_the_queue_that_the_request_names_or_of_the_vms_own()
    {
        using var scene = new AsyncScene(platform: XePlatforms.Pvc2T);
        uint queue = scene.File.BindQueue(scene.Vm.Id).Id;
        // So that the tables of both ranges exist: a bind that makes tables holds back those that need them.
        scene.Do(Null(A + Page, Page), Null((1UL << 40) + Page, Page));
        var submitted = new List<FenceEvent>();
        scene.Device.FenceLog = what => submitted.Add(what);

        Fence named = scene.BindOnAfter(queue, Null(A, Page)), unnamed = scene.BindAfter(Null(A + (1UL << 40), Page));
        int vm = scene.Vm.Context.Jobs.Vm;
        (int Tile, string Fence)[] expected =
            [(0, $"vm {vm} bind queue {queue}:1"), (1, $"vm {vm} bind queue {queue}:1"), (0, $"vm {vm} bind:1"), (1, $"vm {vm} bind:1")];
        Assert.Equal(expected, submitted.Select(what => (what.Tile, what.Fence.ToString())));
        Assert.Equal(4, submitted.Select(what => what.Fence).Distinct().Count());
        Assert.Equal([queue, queue, 0u, 0u], submitted.Select(what => what.Queue));
        unnamed.TrySignal();
        Assert.Equal((false, true), (scene.IsMapped(A), scene.IsMapped(A + (1UL << 40))));
        named.TrySignal();
        Assert.True(scene.IsMapped(A));
    }

    [Fact]
    [Rule("PT-150")]
    public void Faults_and_ranges_have_a_queue_of_their_own()
    {
        using var scene = new AsyncScene(vmFlags: LrFault);
        scene.Do(Null(A, Page), BindOps.MapMirror(1UL << 40, 1UL << 30));
        Fence job = new FenceTimeline("job").Next();
        scene.Vm.Context.Jobs.Reservation.Add(job, FenceUsage.Bookkeep);
        var submitted = new List<string>();
        scene.Device.FenceLog = what => submitted.Add($"{what.Kind} {what.Fence}");

        Assert.Equal(Errno.Ok, scene.Vm.Fault(A, out Fence fault));
        Assert.Equal(Errno.Ok, scene.Vm.BindRange(new(1UL << 40, (1UL << 40) + Page), false, new PhysicalRun(0x10000, Page)));
        string queue = $"vm {scene.Vm.Context.Jobs.Vm} fault bind";
        Assert.Equal([$"Submitted {queue}:1", $"Submitted {queue}:2"], submitted);
        Assert.False(fault.IsSignalled);
        job.TrySignal();
        Assert.True(fault.IsSignalled && scene.IsMapped(A) && scene.IsMapped(1UL << 40));

        Fence next = new FenceTimeline("job").Next();
        scene.Vm.Context.Jobs.Reservation.Add(next, FenceUsage.Bookkeep);
        submitted.Clear();
        Assert.Equal(Errno.Ok, scene.Vm.UnbindRange(new(1UL << 40, (1UL << 40) + Page)));
        Assert.Equal([$"Submitted {queue}:3"], submitted);
        next.TrySignal();
        Assert.False(scene.IsMapped(1UL << 40));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("PT-174")]
    [Rule("PT-143")]
    public void A_flush_is_issued_when_the_entries_are_written_and_never_before(bool waits)
    {
        using var scene = new AsyncScene();
        var seen = new List<bool>();
        using TlbRegistration primary = scene.Device.Tlb.Register(0, new Looking(() => seen.Add(scene.IsMapped(A))));
        using TlbRegistration media = scene.Device.Tlb.Register(1, new Looking(() => seen.Add(scene.IsMapped(A))));
        scene.Do(Null(A, Page));
        if (waits)
        {
            Fence fence = scene.BindAfter(Unmap(A, Page));
            Assert.Empty(seen);
            fence.TrySignal();
        }
        else
        {
            scene.Do(Unmap(A, Page));
        }

        Assert.Equal([false, false], seen);
    }

    [Fact]
    [Rule("PT-174")]
    public void Flushes_of_a_queue_and_gt_are_points_of_one_line_and_complete_in_order()
    {
        // More than the 16 that the reference has in flight at a time; here nothing is held back.
        const int Unbinds = 20;
        using var scene = new AsyncScene();
        RecordingTlb[] gts = Register(scene);
        var flushed = new List<string>();
        scene.Device.FenceLog = what => flushed.Add($"{what.Kind} {what.Fence}");
        var done = new Fence[Unbinds];
        for (ulong i = 0; i < Unbinds; i++)
            scene.Do(Null(A + (i * Leaf), Page));
        for (ulong i = 0; i < Unbinds; i++)
        {
            scene.Do(Unmap(A + (i * Leaf), Page));
            done[i] = scene.Vm.LastFence;
        }

        Assert.Equal([Unbinds, Unbinds], gts.Select(gt => gt.Received.Count));
        foreach (TlbInvalidation invalidation in gts[1].Received)
            invalidation.Acknowledge();
        for (int i = 0; i < Unbinds; i++)
        {
            Assert.False(done[i].IsSignalled);
            gts[0].Received[i].Acknowledge();
            Assert.True(done[i].IsSignalled);
        }

        int vm = scene.Vm.Context.Jobs.Vm;
        Assert.Equal(
            Enumerable.Range(1, Unbinds).Select(i => $"Flushed vm {vm} bind media TLB flush:{i}")
                .Concat(Enumerable.Range(1, Unbinds).Select(i => $"Flushed vm {vm} bind TLB flush:{i}")),
            flushed);
    }

    /// <summary>A client on each GT that acknowledges nothing by itself.</summary>
    private static RecordingTlb[] Register(AsyncScene scene)
    {
        int[] gts = [.. Enumerable.Range(0, 32).Where(gt => (scene.Device.Tlb.GtMask >> gt & 1) != 0)];
        RecordingTlb[] clients = [.. gts.Select(_ => new RecordingTlb(acknowledges: false))];
        for (int i = 0; i < gts.Length; i++)
            scene.Device.Tlb.Register(gts[i], clients[i]);
        return clients;
    }

    private sealed class Looking(Action look) : ITlbClient
    {
        public void Invalidate(in TlbInvalidation invalidation)
        {
            look();
            invalidation.Acknowledge();
        }
    }
}
