using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Queues.ExecScene;

namespace XePt.Tests.Queues;

/// <summary>Reset, destroy, ban and close while jobs are in flight (BIND-009, BIND-010, BIND-015, BIND-016, BIND-104, BIND-105).</summary>
public class QueueEndTests
{
    [Fact]
    [Rule("BIND-105")]
    [Rule("BIND-108")]
    [Rule("RN-046")]
    public void A_reset_queue_fails_the_job_that_runs_cancels_the_others_and_is_banned()
    {
        using var scene = new ExecScene();
        (uint inSync, Fence never) = scene.Binds.Pending();
        Fence[] jobs = [scene.Do(1), scene.Do(2, Op.In(inSync)), scene.Do(3)];
        var order = new List<int>();
        for (int i = 0; i < jobs.Length; i++)
        {
            int job = i;
            jobs[i].OnSignalled(_ => order.Add(job));
        }

        XeJob running = Assert.Single(scene.Sink.GetJobs());
        Assert.Equal(0ul, Ban(scene));
        scene.Queue.Reset();
        Assert.Equal([Errno.ETIME, Errno.ECANCELED, Errno.ECANCELED], jobs.Select(job => job.Error));
        Assert.Equal([0, 1, 2], order);
        Assert.Empty(scene.Sink.GetJobs());
        Assert.False(running.Complete());
        Assert.Equal((1ul, 0), (Ban(scene), scene.Queue.JobCount));
        scene.Refuses(Errno.ECANCELED, "BIND-108", Args(scene.Queue));

        // What a cancelled job waited for may still come, and a second reset may too.
        never.TrySignal();
        scene.Queue.Reset();
        Assert.Empty(scene.Sink.GetJobs());
        scene.Do(scene.File.Queue(scene.Vm.Id));
    }

    [Fact]
    public void A_reset_of_a_gt_ends_the_queues_whose_jobs_have_started_there()
    {
        using var scene = new ExecScene();
        (uint inSync, Fence dependency) = scene.Binds.Pending();
        ExecQueue waiting = scene.File.Queue(scene.Vm.Id), idle = scene.File.Queue(scene.Vm.Id);
        Fence runs = scene.Do(1), waits = scene.Do(waiting, 2, Op.In(inSync));
        Assert.Equal(0, scene.Device.ResetGt(1));
        Assert.False(runs.IsSignalled);
        Assert.Equal(0, scene.Device.ResetGt(0));
        Assert.Equal((Errno.ETIME, false), (runs.Error, waits.IsSignalled));
        Assert.Equal((true, false, false), (scene.Queue.IsReset, waiting.IsReset, idle.IsReset));

        dependency.TrySignal();
        Assert.Single(scene.Sink.GetJobs()).Complete();
        Assert.Equal((true, Errno.Ok), (waits.IsSignalled, waits.Error));
    }

    [Fact]
    [Rule("BIND-105")]
    public void A_destroyed_queue_cancels_its_jobs()
    {
        using var scene = new ExecScene();
        uint outSync = scene.File.SyncobjCreate();
        Fence first = scene.Do(1), second = scene.Do(2, Op.Out(outSync));
        scene.Binds.Do([Op.In(outSync)], Op.Null(AsyncScene.A, 0x1000));
        Assert.False(scene.Binds.IsMapped(AsyncScene.A));
        Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = scene.Queue.Id }));
        Assert.Equal((Errno.ECANCELED, Errno.ECANCELED), (first.Error, second.Error));
        Assert.Empty(scene.Sink.GetJobs());

        // Who waits for a cancelled job goes on.
        Assert.True(scene.Binds.IsMapped(AsyncScene.A));
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(2u, true)]
    [InlineData(3u, true)]
    [InlineData(6u, false)]
    [Rule("BIND-009")]
    [Rule("BIND-010")]
    [Rule("BIND-104")]
    [Rule("SVM-194")]
    public void Engine_queues_of_preempt_fence_vms_keep_the_vm_and_bind_queues_keep_none(uint vmFlags, bool isBusy)
    {
        using var scene = new ExecScene(vmFlags);
        var destroy = new DrmXeVmDestroy { VmId = scene.Vm.Id };
        scene.File.BindQueue(scene.Vm.Id);
        Assert.Equal(isBusy ? Errno.EBUSY : Errno.Ok, scene.File.VmDestroy(destroy));
        Assert.Equal(isBusy ? "BIND-009" : null, scene.File.LastRejection.RuleId);
        if (!isBusy)
            return;

        Assert.Equal(Errno.EINVAL, scene.File.VmDestroy(destroy with { Pad = 1 }));
        Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = scene.Queue.Id }));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(destroy));
        Assert.Equal(Errno.ENOENT, scene.File.VmDestroy(destroy));
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(2u, true)]
    [InlineData(6u, false)]
    [Rule("BIND-014")]
    [Rule("BIND-015")]
    [Rule("EVT-008")]
    public void A_ban_kills_the_queues_of_a_preempt_fence_vm_and_refuses_exec_in_all(uint vmFlags, bool kills)
    {
        using var scene = new ExecScene(vmFlags, XePlatforms.Pvc2T);
        Fence job = scene.Do();
        scene.Device.Failures.Arm(FailurePoint.Run, skip: 1);
        Assert.Equal(
            Errno.ENOSPC, scene.Binds.Bind([], Op.Null(AsyncScene.A, 0x1_0000) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate }));
        Assert.True(scene.Vm.Context.IsBanned);
        Assert.Equal((kills, kills), (scene.Queue.IsReset, job.IsSignalled));
        scene.Refuses(Errno.ECANCELED, "BIND-108", Args(scene.Queue));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(6u)]
    [Rule("BIND-016")]
    public void Closing_the_file_cancels_jobs_first_and_then_ends_the_vms(uint vmFlags)
    {
        var sink = new WatchingSink();
        using var scene = new AsyncScene(vmFlags, sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        sink.Looks = () => scene.File.FindVm(scene.Vm.Id) is not null;
        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue, 1)));
        Fence running = queue.Jobs!.Last;
        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue, 2)));
        Fence waiting = queue.Jobs!.Last;
        bool isOver = false;
        waiting.OnSignalled(_ => isOver = scene.File.FindVm(scene.Vm.Id) is null);
        scene.File.Dispose();
        Assert.Equal((Errno.ECANCELED, Errno.ECANCELED), (running.Error, waiting.Error));
        Assert.True(sink.VmWasThere);
        Assert.True(isOver, "the client's callbacks run when all is closed");
        Assert.Equal((0, 0), (queue.JobCount, scene.Device.TablesInUse));
        Assert.Equal([running], sink.Cancellations);
        Assert.Empty(scene.File.Queues);
    }

    [Fact]
    [Rule("BIND-016")]
    public void A_job_may_wait_for_a_bind_that_waits_for_it_until_the_file_is_closed()
    {
        using var scene = new ExecScene();
        (uint handle, Fence own) = scene.Binds.Pending();
        uint ran = scene.File.SyncobjCreate(), bound = scene.File.SyncobjCreate();
        ExecQueue other = scene.File.Queue(scene.Vm.Id);
        Fence blocked = scene.Do(other, 1, Op.In(handle), Op.Out(ran));
        scene.Binds.Do([Op.In(ran), Op.Out(bound)], Op.Null(AsyncScene.A, 0x1000));
        Fence waiting = scene.Do(2, Op.In(bound));
        scene.File.Dispose();
        Assert.Equal((Errno.ECANCELED, Errno.ECANCELED), (blocked.Error, waiting.Error));
        Assert.False(own.IsSignalled);
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Fact]
    public void Completing_and_resetting_at_the_same_time_signals_each_fence_once_and_in_order()
    {
        using var scene = new ExecScene();
        for (int round = 0; round < 200; round++)
        {
            ExecQueue queue = scene.File.Queue(scene.Vm.Id);
            var order = new List<ulong>();
            var jobs = new Fence[8];
            for (int i = 0; i < jobs.Length; i++)
            {
                Fence job = jobs[i] = scene.Do(queue, (ulong)i);
                job.OnSignalled(_ =>
                {
                    lock (order)
                        order.Add(job.Seqno);
                });
            }

            Parallel.Invoke(
                () =>
                {
                    for (int i = 0; i < 4; i++)
                        scene.Sink.Complete(queue, Errno.EIO);
                },
                () => queue.Reset(Errno.ECANCELED));
            Assert.All(jobs, job => Assert.True(job.IsSignalled));
            Assert.Equal(Enumerable.Range(1, jobs.Length).Select(i => (ulong)i), order.Order());
            Errno[] errors = [.. jobs.Select(job => job.Error)];
            int completed = errors.TakeWhile(error => error == Errno.EIO).Count();
            Assert.InRange(completed, 0, 4);
            Assert.All(errors[completed..], error => Assert.Equal(Errno.ECANCELED, error));
            Assert.Equal(0, queue.JobCount);
            Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = queue.Id }));
        }

        Assert.Empty(scene.Sink.GetJobs());
    }

    private static ulong Ban(ExecScene scene)
    {
        var get = new DrmXeExecQueueGetProperty { ExecQueueId = scene.Queue.Id };
        Assert.Equal(Errno.Ok, scene.File.ExecQueueGetProperty(ref get));
        return get.Value;
    }

    private sealed class WatchingSink : IJobSink
    {
        public Func<bool>? Looks { get; set; }

        public bool VmWasThere { get; private set; }

        public List<Fence> Cancellations { get; } = [];

        public void Submit(XeJob job)
        {
        }

        public void Cancelled(XeJob job)
        {
            Cancellations.Add(job.Fence);
            VmWasThere = Looks!();
        }
    }
}
