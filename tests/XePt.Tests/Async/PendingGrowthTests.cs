using XePt.Commit;
using XePt.Tests.Kit;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>What many binds in flight hold, counted: legs on fences and intervals, not time.</summary>
public class PendingGrowthTests
{
    private const int Binds = 1000;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [Rule("BIND-240")]
    [Rule("PT-171")]
    [Rule("PT-172")]
    public void Pending_binds_of_one_range_wait_for_a_few_fences_each(int queues, int apart)
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A + (300 * Page), Page));
        uint[] ids = [.. Enumerable.Range(0, queues).Select(_ => Queue(scene))];
        VmJobs jobs = scene.Vm.Context.Jobs;
        (uint handle, Fence gate) = scene.Pending();
        for (int bind = 0; bind < Binds; bind++)
            Assert.Equal(Errno.Ok, scene.BindOn(ids[bind % queues], [In(handle)], Null(A + ((ulong)(bind % 200 * apart) * Page), Page)));

        // Each waits for the gate, for the one before on its queue and for the newest write of its range; its fence for its write and two
        // flushes.
        Assert.Equal(Binds, jobs.PendingCount);
        Assert.InRange(jobs.Legs.Made, Binds, 6 * Binds);
        Assert.InRange(jobs.RangeFences[0].Count, 1, 200);

        gate.TrySignal();
        Assert.True(scene.Vm.IsIdle);
        Assert.True(scene.IsMapped(A));
    }

    [Fact]
    [Rule("BIND-247")]
    [Rule("PT-158")]
    public void A_wide_bind_over_many_pending_ones_waits_for_one_fence_of_each_queue()
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, Leaf));
        uint first = Queue(scene), second = Queue(scene);
        VmJobs jobs = scene.Vm.Context.Jobs;
        (uint handle, Fence gate) = scene.Pending();
        for (ulong page = 0; page < 512; page++)
            Assert.Equal(Errno.Ok, scene.BindOn(page % 2 == 0 ? first : second, [In(handle)], Null(A + (page * Page), Page)));

        // And its own fence for its write and two flushes.
        int before = jobs.Legs.Made;
        scene.Do(Unmap(A, Leaf));
        Assert.Equal(before + 2 + 3, jobs.Legs.Made);
        Assert.Equal(1, jobs.RangeFences[0].Count);
        Assert.False(scene.Vm.IsIdle);
        gate.TrySignal();
        Assert.True(scene.Vm.IsIdle);
        Assert.False(scene.IsMapped(A));
    }

    [Fact]
    [Rule("PT-172")]
    public void Queues_that_take_turns_on_one_page_write_in_the_order_of_submission()
    {
        using var scene = new AsyncScene();
        scene.Do(Null(A, Leaf));
        uint[] ids = [Queue(scene), Queue(scene), Queue(scene)];
        var gates = new Fence[12];
        for (int bind = 0; bind < gates.Length; bind++)
            gates[bind] = scene.BindOnAfter(ids[bind % 3], bind % 2 == 0 ? Unmap(A, Page) : Null(A, Page));

        // Signalled backwards: nothing may happen before the first, and then everything in order.
        for (int bind = gates.Length - 1; bind > 0; bind--)
            gates[bind].TrySignal();
        Assert.Equal(gates.Length, scene.Vm.Context.Jobs.PendingCount);
        gates[0].TrySignal();
        Assert.True(scene.Vm.IsIdle);
        Assert.True(scene.IsMapped(A));
    }

    private static uint Queue(AsyncScene scene) => scene.File.BindQueue(scene.Vm.Id).Id;
}
