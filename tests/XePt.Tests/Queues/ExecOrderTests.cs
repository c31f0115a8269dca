using XePt.Fences;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;
using static XePt.Tests.Queues.ExecScene;

namespace XePt.Tests.Queues;

/// <summary>What jobs wait for, and what waits for jobs (BIND-110, BIND-240, BIND-243, BIND-249, 02 section 4).</summary>
public class ExecOrderTests
{
    [Fact]
    [Rule("BIND-110")]
    public void A_job_waits_for_its_in_syncs_and_its_fence_signals_when_it_completes()
    {
        using var scene = new ExecScene();
        (uint inSync, Fence fence) = scene.Binds.Pending();
        uint outSync = scene.File.SyncobjCreate();
        Fence job = scene.Do(Batch, Op.In(inSync), Op.Out(outSync));
        Assert.Equal(job, scene.File.FindSyncobj(outSync)!.Fence);
        Assert.Empty(scene.Running);
        fence.TrySignal(Errno.EIO);
        Assert.Equal([Batch], scene.Running);
        Assert.False(job.IsSignalled);
        Assert.True(scene.Sink.CompleteNext(Errno.EIO));
        Assert.Equal((true, Errno.EIO), (job.IsSignalled, job.Error));
        Assert.False(scene.Queue.IsReset);
    }

    [Fact]
    [Rule("BIND-110")]
    public void Jobs_of_a_queue_run_one_after_the_other_and_queues_beside_each_other()
    {
        using var scene = new ExecScene();
        ExecQueue other = scene.File.Queue(scene.Vm.Id, EngineClass.Render);
        (uint inSync, Fence fence) = scene.Binds.Pending();
        scene.Do(1);
        scene.Do(2, Op.In(inSync));
        scene.Do(3);
        scene.Do(other, 4);
        Assert.Equal([1ul, 4ul], scene.Running);
        Assert.True(scene.Sink.Complete(scene.Queue));
        Assert.Equal([4ul], scene.Running);
        fence.TrySignal();
        Assert.Equal([4ul, 2ul], scene.Running);
        Assert.True(scene.Sink.Complete(scene.Queue));
        Assert.Equal([4ul, 3ul], scene.Running);
        Assert.Equal([1ul, 3ul], scene.Sink.GetJobs().Select(job => job.Seqno));
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(2u, false)]
    [InlineData(6u, false)]
    [Rule("BIND-110")]
    [Rule("BIND-249")]
    public void Only_jobs_of_dma_fence_vms_wait_for_memory_management_and_none_for_binds(uint vmFlags, bool waits)
    {
        using var scene = new ExecScene(vmFlags);
        Reservation reservation = scene.Vm.Context.Jobs.Reservation;
        Fence kernel = new FenceTimeline("move").Next(), bookkeep = new FenceTimeline("bind").Next();
        reservation.Add(bookkeep, FenceUsage.Bookkeep);
        scene.Do(1);
        Assert.Equal([1ul], scene.Running);
        scene.Sink.CompleteAll();
        reservation.Add(kernel, FenceUsage.Kernel);
        scene.Do(2);
        Assert.Equal(waits ? 0 : 1, scene.Sink.Count);
        kernel.TrySignal();
        Assert.Equal([2ul], scene.Running);
    }

    [Fact]
    [Rule("BIND-110")]
    public void A_pending_bind_holds_back_no_job_unless_a_sync_says_so()
    {
        using var scene = new ExecScene();
        (uint inSync, Fence fence) = scene.Binds.Pending();
        uint bound = scene.File.SyncobjCreate();
        scene.Binds.Do([Op.In(inSync), Op.Out(bound)], Null(A, Page));
        scene.Do(1);
        scene.Do(scene.File.Queue(scene.Vm.Id), 2, Op.In(bound));
        Assert.Equal([1ul], scene.Running);
        fence.TrySignal();
        Assert.True(scene.Binds.IsMapped(A));
        Assert.Equal([1ul, 2ul], scene.Running);
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(2u, false)]
    [InlineData(6u, false)]
    [Rule("BIND-243")]
    public void Only_jobs_of_dma_fence_vms_are_in_the_reservation(uint vmFlags, bool isThere)
    {
        using var scene = new ExecScene(vmFlags);
        scene.Do();
        Reservation reservation = scene.Vm.Context.Jobs.Reservation;
        Assert.Equal(!isThere, reservation.IsQuiet);
        Assert.True(reservation.IsIdle(FenceUsage.Read));
        scene.Sink.CompleteAll();
        Assert.True(reservation.IsQuiet);
    }

    [Fact]
    [Rule("BIND-243")]
    public void A_job_is_in_the_reservations_of_the_external_bos_that_the_vm_maps()
    {
        using var scene = new ExecScene();
        uint[] bos = [scene.Binds.Bo(Page), scene.Binds.Bo(Page), scene.Binds.Bo(Page), scene.Binds.Bo(Page, scene.Vm.Id)];
        for (int i = 0; i < bos.Length; i++)
            scene.Binds.Do(scene.Binds.Map(bos[i], A + ((ulong)i * Page), Page));
        scene.Binds.Do(scene.Binds.Map(bos[2], A + (8 * Page), Page));

        // The first is not mapped any more; the third still is, at one of its two places.
        scene.Binds.Do(Unmap(A, Page), Unmap(A + (2 * Page), Page));
        Fence job = scene.Do();
        Assert.Equal([false, true, true, false], bos.Select(IsBusy));
        scene.Sink.CompleteAll();
        Assert.True(job.IsSignalled);
        Assert.DoesNotContain(bos, IsBusy);

        bool IsBusy(uint bo) =>
            scene.Vm.Context.BoFences.Find(scene.File.FindBo(bo)!.Number) is { } fences && !fences.IsIdle(FenceUsage.Bookkeep);
    }

    [Fact]
    [Rule("BIND-243")]
    [Rule("BIND-244")]
    public void A_split_that_rebinds_waits_for_the_jobs_and_the_next_job_waits_for_it()
    {
        using var scene = new ExecScene();
        uint bo = scene.Binds.Bo(4 * Leaf);
        scene.Binds.Do(scene.Binds.Map(bo, A, 4 * Leaf));
        scene.Do(1);
        scene.Binds.Do(Unmap(A + Page, Page));
        ExecQueue other = scene.File.Queue(scene.Vm.Id);
        scene.Do(other, 2);
        Assert.True(scene.Binds.IsMapped(A + Page));
        Assert.Equal([1ul], scene.Running);
        scene.Sink.CompleteNext();
        Assert.False(scene.Binds.IsMapped(A + Page));
        Assert.Equal([2ul], scene.Running);
    }

    [Fact]
    public void A_bind_waits_for_a_job_by_its_sync_and_a_job_for_that_bind()
    {
        using var scene = new ExecScene();
        uint ran = scene.File.SyncobjCreate(), bound = scene.File.SyncobjCreate();
        scene.Do(1, Op.Out(ran));
        scene.Binds.Do([Op.In(ran), Op.Out(bound)], Null(A, Page));
        scene.Do(2, Op.In(bound));
        Assert.False(scene.Binds.IsMapped(A));
        Assert.Equal(2, scene.Sink.CompleteAll());
        Assert.True(scene.Binds.IsMapped(A));
    }

    [Fact]
    public void A_pumped_device_hands_jobs_on_when_it_is_pumped()
    {
        using var scene = new ExecScene(drive: DriveMode.Queued);
        Fence first = scene.Do(1);
        scene.Do(2);
        Assert.Empty(scene.Running);
        Assert.True(scene.Device.RunReadyWork());
        Assert.Equal([1ul], scene.Running);
        scene.Sink.CompleteNext();
        Assert.True(first.IsSignalled);
        Assert.Empty(scene.Running);
        Assert.True(scene.Device.RunReadyWork());
        Assert.Equal([2ul], scene.Running);
    }

    [Fact]
    public void A_long_chain_of_jobs_that_complete_at_once_needs_no_stack()
    {
        using var scene = new AsyncScene();
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        (uint inSync, Fence fence) = scene.Pending();
        DrmXeExec args = Args(queue) with { NumSyncs = 1 };
        Assert.Equal(Errno.Ok, scene.File.Exec(args, [Op.In(inSync)]));
        for (int i = 1; i < XeLimits.MaxQueuedJobs; i++)
            Assert.Equal(Errno.Ok, scene.File.Exec(Args(queue)));
        fence.TrySignal();
        Assert.Equal(0, queue.JobCount);
        Assert.True(scene.Vm.IsIdle);
    }

    [Fact]
    public void A_sink_may_call_ioctls_and_submit_the_next_job()
    {
        var sink = new ChainingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        sink.Next = job =>
        {
            Assert.Equal(Errno.Ok, scene.Bind([], Null(A + (job.Seqno * Page), Page)));
            if (job.Seqno < 5)
                Assert.Equal(Errno.Ok, scene.File.Exec(Args(queue, job.Seqno)));
        };
        Assert.Equal(Errno.Ok, scene.File.Exec(Args(queue, 0)));
        Assert.Equal([0ul, 1ul, 2ul, 3ul, 4ul], sink.Batches);
        Assert.Equal(5, scene.Vm.VmaCount);
    }

    private sealed class ChainingSink : IJobSink
    {
        public Action<XeJob>? Next { get; set; }

        public List<ulong> Batches { get; } = [];

        public void Submit(XeJob job)
        {
            Batches.Add(job.Batches[0]);
            Next!(job);
            Assert.True(job.Complete());
        }
    }
}
