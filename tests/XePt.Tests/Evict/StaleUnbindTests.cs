using XePt.Devices;
using XePt.Fences;
using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Tests.Tlb;
using XePt.Tests.Userptr;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>
/// A mapping is unmapped after its memory has gone to somebody else and before its entries were repaired. It leaves the list of what is
/// to be repaired, but its entries stay until the unbind runs: no job runs over them meanwhile.
/// </summary>
public class StaleUnbindTests
{
    private const ulong A = UserptrScene.A, B = 2 * UserptrScene.A, Page = UserptrScene.Page, Size = UserptrScene.Size, Leaf = 0x20_0000;
    private const ulong OldBo = 0x8000_0000, NewBo = 0x9000_0000;

    /// <summary>Ways to take a mapping away, or a part of it: of the userptr of two pages at A, and of the BO of a leaf at B.</summary>
    private static readonly Dictionary<string, Func<uint, DrmXeVmBindOp[]>> Ways = new()
    {
        ["A unmap"] = _ => [Op.Unmap(A, Size)],
        ["A unmap a part"] = _ => [Op.Unmap(A, Page)],
        ["A map over"] = _ => [Op.Null(A, Size)],
        ["A map over a part"] = _ => [Op.Null(A + Page, 2 * Page)],
        ["A the same again"] = _ => [UserptrScene.Userptr()],
        ["A bo over"] = bo => [Op.Map(bo, A, Leaf)],
        ["A prefetch"] = _ => [Op.Prefetch(A, Size, 0)],
        ["A array"] = _ => [Op.Null(3 * A, Page), Op.Unmap(A, Page), Op.Unmap(A + Page, Page)],
        ["B unmap"] = _ => [Op.Unmap(B, Leaf)],
        ["B unmap a part"] = _ => [Op.Unmap(B, Page)],
        ["B unmap the middle"] = _ => [Op.Unmap(B + Page, Page)],
        ["B unmap all"] = bo => [Op.UnmapAll(bo)],
        ["B map over"] = _ => [Op.Null(B - Leaf, 3 * Leaf)],
        ["B userptr over"] = _ => [UserptrScene.Userptr(0, B)],
        ["B and mapped elsewhere"] = bo => [Op.Unmap(B, Leaf), Op.Map(bo, 3 * A, Leaf)],
    };

    public static TheoryData<string, uint, string> Cases => new(Ways.Keys.SelectMany(
        _ => new[] { (0u, "bmg"), (1u, "bmg"), (0u, "pvc-2t") }, (way, vm) => (way, vm.Item1, vm.Item2)));

    public static TheoryData<string> Whole => ["A unmap", "A map over", "B unmap", "B unmap all", "B map over"];

    [Theory]
    [MemberData(nameof(Cases))]
    [Rule("BIND-268")]
    [Rule("BIND-264")]
    public void A_job_runs_when_nothing_leads_to_the_old_memory_any_more(string way, uint vmFlags, string platform)
    {
        using UserptrScene scene = NewScene(vmFlags, platform, out uint bo);
        MakeStale(scene, bo, way);
        Fence pending = BindAfter(scene, Ways[way](bo));
        Fence job = scene.Jobs.Do();
        // What has not been touched is repaired; nothing runs before the rest is gone.
        Assert.Equal((0, false), (scene.Jobs.Sink.Count, job.IsSignalled));

        pending.TrySignal();
        Assert.Equal(1, scene.Jobs.Sink.Count);
        AssertNothingIsOld(scene, way);
        Assert.Equal(1, scene.Jobs.Sink.CompleteAll());
        Assert.True(job.IsSignalled && scene.Vm.IsIdle);
    }

    /// <summary>A TLB may hold the old translation for as long as it has not acknowledged.</summary>
    [Theory]
    [InlineData("A unmap")]
    [InlineData("B unmap")]
    [Rule("BIND-268")]
    [Rule("PT-174")]
    public void A_job_waits_for_the_flush_too(string way)
    {
        using UserptrScene scene = NewScene(0, "bmg", out uint bo);
        var tlb = new RecordingTlb(acknowledges: false);
        using IDisposable place = scene.Device.Tlb.Register(0, tlb);
        MakeStale(scene, bo, way);
        scene.Do(Ways[way](bo));
        AssertIsGone(scene, way);
        Assert.False(scene.Vm.LastFence.IsSignalled);
        TlbInvalidation unbind = Assert.Single(tlb.Received);
        scene.Jobs.Do();
        // Not even the flush of the job's own has begun.
        Assert.Equal((0, 1), (scene.Jobs.Sink.Count, tlb.Received.Count));
        unbind.Acknowledge();
        if (tlb.Received.Count > 1)
            tlb.Last.Acknowledge();
        Assert.Equal(1, scene.Jobs.Sink.Count);
    }

    [Theory]
    [MemberData(nameof(Whole))]
    [Rule("BIND-110")]
    [Rule("BIND-245")]
    public void An_unbind_of_what_is_in_its_place_holds_no_job_back(string way)
    {
        using UserptrScene scene = NewScene(0, "bmg", out uint bo);
        MakeStale(scene, bo, way);
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Fence pending = BindAfter(scene, Ways[way](bo));
        scene.Jobs.Do();
        Assert.Equal((1, false), (scene.Jobs.Sink.Count, pending.IsSignalled));
    }

    /// <summary>A userptr without pages has lost its entries already.</summary>
    [Fact]
    [Rule("UPTR-034")]
    public void What_was_given_up_holds_no_job_back_either()
    {
        using UserptrScene scene = NewScene(0, "bmg", out _);
        scene.TakeAway();
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Fence pending = BindAfter(scene, Op.Unmap(A, Size));
        scene.Jobs.Do();
        Assert.Equal((1, false, 0ul), (scene.Jobs.Sink.Count, pending.IsSignalled, scene.Vm.Translate(A).Entry));
    }

    /// <summary>The call is refused, so the mapping is still to be repaired, and the job runs on what was repaired.</summary>
    [Theory]
    [MemberData(nameof(Whole))]
    [Rule("BIND-219")]
    public void A_refused_unbind_leaves_it_in_the_list(string way)
    {
        using UserptrScene scene = NewScene(0, "bmg", out uint bo);
        MakeStale(scene, bo, way);
        uint sync = scene.Binds.Pending().Handle;
        Assert.Equal(Errno.EFAULT, scene.Binds.Bind([Op.In(sync)], [.. Ways[way](bo), UserptrScene.Userptr(0, 5 * A, 0x1000)]));
        scene.Jobs.Do();
        Assert.Equal(1, scene.Jobs.Sink.Count);
        Assert.Equal(way[0] == 'A' ? UserptrScene.New : NewBo, scene.Vm.Translate(way[0] == 'A' ? A : B).Address);
    }

    /// <summary>The unbind comes before the worker has looked whether the VM is up to date, or while it waits for what it has rebound, or
    /// while the VM is idle.</summary>
    [Theory]
    [InlineData("A unmap", "stopping")]
    [InlineData("B unmap", "stopping")]
    [InlineData("A map over", "stopping")]
    [InlineData("A unmap", "waiting")]
    [InlineData("B unmap", "waiting")]
    [InlineData("B unmap all", "waiting")]
    [InlineData("A unmap", "idle")]
    [InlineData("B unmap", "idle")]
    [Rule("BIND-265")]
    [Rule("BIND-268")]
    public void The_queues_of_a_preempt_fence_vm_stay_stopped_until_it_is_gone(string way, string when)
    {
        using UserptrScene scene = NewScene(vmFlags: 2, "bmg", out uint bo);
        var queue = new FakeQueue { StopsAtOnce = when == "idle", IsIdle = when == "idle" };
        Add(scene, queue);
        Fence written = default;
        if (when == "waiting")
        {
            written = scene.Pending(FenceUsage.Kernel);
            MakeStale(scene, bo, way);
            queue.Stop();
        }

        MakeStale(scene, bo, way);
        Fence pending = BindAfter(scene, Ways[way](bo));
        if (when == "stopping")
            queue.Stop();
        written.TrySignal();
        if (when == "idle")
        {
            queue.IsIdle = false;
            scene.Vm.Context.Preemption!.AfterExec();
        }

        Assert.Equal(["suspend"], queue.Log);
        pending.TrySignal();
        Assert.Equal(["suspend", "resume"], queue.Log);
        AssertNothingIsOld(scene, way);
    }

    /// <summary>There was no queue when it was unmapped, so nobody has been stopped.</summary>
    [Theory]
    [InlineData(DriveMode.Inline)]
    [InlineData(DriveMode.Queued)]
    [Rule("BIND-104")]
    public void A_queue_that_is_made_meanwhile_starts_stopped(DriveMode drive)
    {
        using var scene = new UserptrScene(vmFlags: 2, drive: drive);
        // The scene's own queue goes.
        Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = scene.Jobs.Queue.Id }));
        Assert.True(scene.Change().IsSignalled);
        Fence pending = BindAfter(scene, Op.Unmap(A, Size));
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        Assert.Equal(Errno.Ok, scene.Jobs.TryDo(queue, ExecScene.Batch));
        scene.Device.Pump();
        Assert.Equal(0, scene.Jobs.Sink.Count);
        pending.TrySignal();
        scene.Device.Pump();
        Assert.Equal((1, 0ul), (scene.Jobs.Sink.Count, scene.Vm.Translate(A).Entry));
    }

    private static UserptrScene NewScene(uint vmFlags, string platform, out uint bo)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
        var scene = new UserptrScene(vmFlags, info);
        bo = scene.Binds.Bo(Leaf);
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0, [new PhysicalRun(OldBo, Leaf)]));
        scene.Do(Op.Map(bo, B, Leaf));
        return scene;
    }

    /// <summary>The memory of the mapping that a way is about goes. Nothing else is to be repaired, because its repair would wait for the
    /// unbind.</summary>
    private static void MakeStale(UserptrScene scene, uint bo, string way)
    {
        if (way[0] == 'A')
            scene.Change();
        else
            Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0, [new PhysicalRun(NewBo, Leaf)]));
    }

    private static Fence BindAfter(UserptrScene scene, params DrmXeVmBindOp[] ops) =>
        scene.Binds.BindAfter([.. ops.Select(op => op with { PatIndex = (ushort)scene.Device.Platform.Pat.IndexWriteBack })]);

    private static void Add(UserptrScene scene, FakeQueue queue)
    {
        scene.Vm.Context.Writer.Enter();
        scene.Vm.Context.Preemption!.Add(queue);
        scene.Vm.Context.Writer.Exit();
    }

    private static void AssertIsGone(UserptrScene scene, string way) => Assert.False(scene.Vm.Translate(way[0] == 'A' ? A : B).IsPresent);

    private static void AssertNothingIsOld(UserptrScene scene, string way)
    {
        for (int tile = 0; tile < scene.Device.Platform.TileCount; tile++)
        {
            foreach (ulong va in way[0] == 'A' ? new[] { A, A + Page } : [B, B + Page, B + Leaf - Page])
            {
                Translation at = scene.Vm.Translate(va, tile);
                bool isOld = at.IsPresent && at.Address - (way[0] == 'A' ? UserptrScene.Old : OldBo) < (way[0] == 'A' ? Size : Leaf);
                Assert.False(isOld, $"tile {tile}: {va:x} leads to {at}");
            }
        }
    }
}
