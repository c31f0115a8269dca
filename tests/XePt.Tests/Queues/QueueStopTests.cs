using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>Stopping and continuing a queue, as preempt fences do (EVT-006, EVT-007).</summary>
public class QueueStopTests
{
    [Fact]
    public void A_queue_without_jobs_stops_at_once_and_holds_back_what_comes()
    {
        using var scene = new ExecScene(vmFlags: 2);
        IPreemptibleQueue queue = scene.Queue;
        Assert.True(queue.IsIdle);
        Assert.True(queue.Suspend().IsSignalled);
        Fence job = scene.Do(1);
        scene.Do(2);
        Assert.Empty(scene.Running);
        Assert.False(queue.IsIdle);
        queue.Resume();
        Assert.Equal([1ul], scene.Running);
        scene.Sink.CompleteAll();
        Assert.True(job.IsSignalled && queue.IsIdle);
        queue.Resume();
    }

    [Fact]
    public void A_job_that_runs_is_waited_for_when_the_sink_cannot_preempt()
    {
        using var scene = new ExecScene(vmFlags: 2);
        IPreemptibleQueue queue = scene.Queue;
        scene.Do(1);
        scene.Do(2);
        Fence stopped = queue.Suspend();
        Assert.False(stopped.IsSignalled);
        Assert.Equal(stopped, queue.Suspend());
        scene.Sink.CompleteNext();
        Assert.Equal((true, Errno.Ok), (stopped.IsSignalled, stopped.Error));
        Assert.Empty(scene.Running);
        queue.Resume();
        Assert.Equal([2ul], scene.Running);
    }

    [Fact]
    public void A_job_that_runs_is_taken_off_its_engine_when_the_sink_can_preempt()
    {
        using var scene = new ExecScene(vmFlags: 2, canPreempt: true);
        IPreemptibleQueue queue = scene.Queue;
        Fence job = scene.Do(1);
        Assert.True(queue.Suspend().IsSignalled);
        Assert.Empty(scene.Running);
        Assert.False(job.IsSignalled);
        queue.Resume();
        XeJob again = Assert.Single(scene.Sink.GetJobs());
        Assert.True(again.WasPreempted);
        scene.Sink.CompleteNext();
        Assert.True(job.IsSignalled);
        scene.Do(2);
        Assert.False(Assert.Single(scene.Sink.GetJobs()).WasPreempted);
    }

    [Fact]
    public void A_sink_may_stop_a_job_later_even_after_the_queue_goes_on()
    {
        using var scene = new ExecScene(vmFlags: 2);
        IPreemptibleQueue queue = scene.Queue;
        scene.Do(1);
        XeJob job = scene.Sink.GetJobs()[0];
        Fence stopped = queue.Suspend();
        Assert.True(job.Preempted());
        Assert.True(stopped.IsSignalled);
        Assert.False(job.Preempted());
        Assert.False(job.Complete());
        queue.Resume();
        Assert.Equal(2, scene.Sink.Count);

        stopped = queue.Suspend();
        queue.Resume();
        Assert.False(stopped.IsSignalled);
        Assert.True(job.Preempted());
        Assert.True(stopped.IsSignalled);
        Assert.Equal(3, scene.Sink.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_queue_that_is_reset_has_stopped_with_enoent(bool isStoppedBefore)
    {
        using var scene = new ExecScene(vmFlags: 2);
        IPreemptibleQueue queue = scene.Queue;
        scene.Do(1);
        Fence stopped = isStoppedBefore ? queue.Suspend() : Fence.Signalled;
        queue.Kill(Errno.ECANCELED);
        if (!isStoppedBefore)
            stopped = queue.Suspend();
        Assert.Equal((true, Errno.ENOENT), (stopped.IsSignalled, stopped.Error));
        queue.Resume();
        Assert.True(queue.IsIdle && scene.Queue.IsReset);
    }

    [Fact]
    public void Jobs_held_back_are_cancelled_with_their_queue()
    {
        using var scene = new ExecScene(vmFlags: 2);
        IPreemptibleQueue queue = scene.Queue;
        queue.Suspend();
        Fence held = scene.Do(1), waiting = scene.Do(2);
        scene.Queue.Reset();
        Assert.Equal((Errno.ECANCELED, Errno.ECANCELED), (held.Error, waiting.Error));
        queue.Resume();
        Assert.Empty(scene.Running);
    }

    [Fact]
    [Rule("BIND-265")]
    public void A_stop_that_comes_while_the_sink_is_being_given_the_job_stops_it()
    {
        var sink = new SlowSink();
        using var scene = new Async.AsyncScene(sink: sink);
        ExecQueue queue = scene.File.Queue(scene.Vm.Id);
        Fence stopped = default;
        sink.BeforeTaking = () => stopped = ((IPreemptibleQueue)queue).Suspend();
        Assert.Equal(Errno.Ok, scene.File.Exec(ExecScene.Args(queue)));
        Assert.True(stopped.IsSignalled);
        Assert.Null(sink.Job);

        sink.BeforeTaking = null;
        ((IPreemptibleQueue)queue).Resume();
        Assert.True(sink.Job is { WasPreempted: true } job && job.Complete());
        Assert.True(queue.Jobs!.Last.IsSignalled);
    }

    /// <summary>A sink that knows a job only at the end of its submission.</summary>
    private sealed class SlowSink : IPreemptibleSink
    {
        public Action? BeforeTaking { get; set; }

        public XeJob? Job { get; private set; }

        public void Submit(XeJob job)
        {
            BeforeTaking?.Invoke();
            Job = job;
        }

        public bool TryPreempt(XeJob job)
        {
            bool has = ReferenceEquals(Job, job);
            Job = has ? null : Job;
            return has;
        }
    }
}
