using XePt.Tests.Async;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>What happens to a job while the sink is being given it: the sink hears of its end afterwards, once, and keeps no job that is
/// over.</summary>
public class SinkOrderTests
{
    public static TheoryData<string> WaysToEnd => ["reset", "destroy", "close", "dispose"];

    [Theory]
    [MemberData(nameof(WaysToEnd))]
    [Rule("BIND-105")]
    [Rule("BIND-016")]
    public void A_queue_that_ends_inside_submit_cancels_the_job_afterwards(string how)
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        (uint held, Fence start) = scene.Pending();
        Fence first = Do(scene, queue, 1, AsyncScene.In(held));
        Fence next = Do(scene, queue, 2);
        sink.During = _ => End(scene, queue, how);
        start.TrySignal();
        Assert.Equal(["submit 1", "submitted 1", "cancelled 1"], sink.Told);
        Assert.Equal((true, true), (first.IsSignalled, next.IsSignalled));
        Assert.Equal((how == "reset" ? Errno.ETIME : Errno.ECANCELED, Errno.ECANCELED), (first.Error, next.Error));
        Assert.Equal((0, true), (queue.JobCount, queue.IsReset));
        Assert.Empty(sink.Jobs);
    }

    [Fact]
    [Rule("BIND-105")]
    public void A_sink_on_another_thread_hears_of_the_end_after_it_has_the_job()
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        using ManualResetEventSlim isInside = new(), goesOn = new();
        sink.During = _ =>
        {
            isInside.Set();
            goesOn.Wait();
        };
        var submitter = new Thread(() => scene.File.Exec(ExecScene.Args(queue, 1)));
        submitter.Start();
        isInside.Wait(TestContext.Current.CancellationToken);
        queue.Reset();
        Fence job = queue.Jobs!.Last;
        Assert.Equal((true, false, 1), (queue.IsReset, job.IsSignalled, queue.JobCount));
        Assert.Equal(["submit 1"], sink.Told);
        goesOn.Set();
        submitter.Join();
        Assert.Equal(["submit 1", "submitted 1", "cancelled 1"], sink.Told);
        Assert.Equal((Errno.ETIME, 0), (job.Error, queue.JobCount));
    }

    [Fact]
    [Rule("BIND-105")]
    public void Of_a_queue_that_was_reset_inside_submit_nothing_completes()
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        bool? completed = null;
        sink.During = job =>
        {
            queue.Reset();
            completed = job.Complete();
        };
        Fence fence = Do(scene, queue, 1);
        Assert.Equal(false, completed);
        Assert.Equal((Errno.ETIME, 0), (fence.Error, queue.JobCount));
        Assert.Equal(["submit 1", "submitted 1", "cancelled 1"], sink.Told);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("destroy")]
    [InlineData("close")]
    [InlineData("dispose")]
    [InlineData("reset", true)]
    [InlineData("reset", false, true)]
    [InlineData("reset", true, true)]
    [Rule("BIND-105")]
    [Rule("EVT-007")]
    public void A_job_that_the_sink_gives_up_inside_submit_ends_with_its_queue(string how, bool isStopped = false, bool throws = false)
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        (uint held, Fence start) = scene.Pending();
        Fence first = Do(scene, queue, 1, AsyncScene.In(held));
        Fence next = Do(scene, queue, 2);
        Fence stop = default;
        bool? isPreempted = null;
        sink.During = job =>
        {
            if (isStopped)
                stop = queue.Jobs!.Stop();
            End(scene, queue, how);
            isPreempted = job.Preempted();
            if (throws)
                throw new InvalidOperationException("given up");
        };
        Exception? thrown = Record.Exception(() => start.TrySignal());
        Assert.Equal((throws, true), (thrown is InvalidOperationException, isPreempted));
        // The sink has given the job up before: it hears no more of it.
        Assert.Equal(throws ? ["submit 1"] : ["submit 1", "submitted 1"], sink.Told);
        Assert.Equal((true, true, 0), (first.IsSignalled, next.IsSignalled, queue.JobCount));
        Assert.Equal((Errno.ECANCELED, Errno.ECANCELED), (first.Error, next.Error));
        Assert.True(stop.IsSignalled);
        Assert.Equal(isStopped ? Errno.ENOENT : Errno.Ok, stop.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_job_that_is_over_before_submit_returns_is_not_cancelled(bool throws)
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        sink.During = job =>
        {
            if (!throws)
                job.Complete(Errno.ENOMEM);
            queue.Reset();
            if (throws)
                throw new InvalidOperationException("not taken");
        };
        Exception? thrown = Record.Exception(() => scene.File.Exec(ExecScene.Args(queue, 1)));
        Assert.Equal(throws, thrown is InvalidOperationException);
        Assert.Equal((throws ? Errno.EIO : Errno.ENOMEM, 0), (queue.Jobs!.Last.Error, queue.JobCount));
        Assert.DoesNotContain("cancelled 1", sink.Told);
    }

    [Fact]
    public void A_sink_that_throws_after_it_has_completed_the_job_fails_no_later_one()
    {
        var sink = new TellingSink();
        using var scene = new AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        Fence second = default;
        sink.During = job =>
        {
            sink.During = null;
            job.Complete();
            // The same job object, submitted again.
            second = Do(scene, queue, 2);
            throw new InvalidOperationException("too late");
        };
        Assert.Throws<InvalidOperationException>(() => scene.File.Exec(ExecScene.Args(queue, 1)));
        Assert.Equal((false, 1), (second.IsSignalled, queue.JobCount));
        Assert.True(sink.Jobs.Last().Complete());
        Assert.Equal(Errno.Ok, second.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_job_of_a_manual_sink_completes_although_one_was_cancelled(bool isPreempted)
    {
        using var scene = new ExecScene(canPreempt: isPreempted);
        ExecQueue other = scene.File.Queue(scene.Vm.Id);
        scene.Do();
        Fence left = scene.Do(other);
        scene.Queue.Reset();
        Assert.Equal((1, 0), (scene.Sink.CompleteAll(), scene.Sink.Count));
        Assert.Equal((true, Errno.Ok), (left.IsSignalled, left.Error));
    }

    private static Fence Do(AsyncScene scene, ExecQueue queue, ulong batch, params DrmXeSync[] syncs)
    {
        DrmXeExec args = ExecScene.Args(queue, batch);
        args.NumSyncs = (uint)syncs.Length;
        Assert.Equal(Errno.Ok, scene.File.Exec(args, syncs));
        return queue.Jobs!.Last;
    }

    private static void End(AsyncScene scene, ExecQueue queue, string how)
    {
        if (how == "reset")
            queue.Reset();
        else if (how == "destroy")
            Assert.Equal(Errno.Ok, scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = queue.Id }));
        else if (how == "close")
            scene.File.Dispose();
        else
            scene.Device.Dispose();
    }

    private sealed class TellingSink : IJobSink
    {
        public List<string> Told { get; } = [];

        public List<XeJob> Jobs { get; } = [];

        public Action<XeJob>? During { get; set; }

        public void Submit(XeJob job)
        {
            ulong batch = job.Batches[0];
            Told.Add($"submit {batch}");
            During?.Invoke(job);
            Jobs.Add(job);
            Told.Add($"submitted {batch}");
        }

        public void Cancelled(XeJob job)
        {
            Assert.False(job.Fence.IsSignalled);
            Told.Add($"cancelled {job.Batches[0]}");
            Jobs.Remove(job);
        }
    }
}
