using XePt.Uapi;

namespace XePt.Fences;

/// <summary>A piece of work that runs once, when the fences it waits for have signalled.</summary>
internal abstract class ScheduledJob(JobScheduler scheduler) : FenceCountdown, IThreadWork
{
    /// <summary>Next job that is ready; belongs to the scheduler.</summary>
    public ScheduledJob? NextReady;

    IThreadWork? IThreadWork.NextWork { get; set; }

    void IThreadWork.Failed(Exception thrown) => scheduler.Failed?.Invoke(thrown);

    /// <summary>Does the work. Entered once per countdown, on the thread that the scheduler chose.</summary>
    public abstract void Run();

    /// <summary>A dependency that failed does not keep a job from running, as in the reference's scheduler.</summary>
    protected sealed override void Complete(Errno error) => scheduler.MakeReady(this);
}
