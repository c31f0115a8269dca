namespace XePt;

/// <summary>
/// The engines of a device, as far as XePt needs them: jobs come in when everything they wait for has signalled, one at a time per queue,
/// and leave by <see cref="XeJob.Complete"/>. Which engine of the queue's placements runs a job, and what its batches do, is the sink's
/// affair.
/// </summary>
/// <remarks>Calls come on the thread that signalled a job's last dependency, perhaps inside an ioctl, never while the engine holds a gate:
/// a sink may call any ioctl, and may complete jobs from inside these calls or later from any thread.</remarks>
public interface IJobSink
{
    /// <summary>Runs a job. It belongs to the sink until it is completed or cancelled. A sink that throws here has not taken it: the job
    /// fails with -EIO, the queue goes on, and the exception comes out of the call that made the job ready, when everything else is
    /// done.</summary>
    void Submit(XeJob job);

    /// <summary>The job's queue was reset or killed: completing the job has no effect any more, and its fence signals when this returns.
    /// Comes once, and never before
    /// <see cref="Submit"/> has returned; not for a job that the sink has completed or stopped by then.</summary>
    void Cancelled(XeJob job)
    {
    }
}

/// <summary>A sink that can take a running job off its engine, as preempt fences want (EVT-007). Without it running jobs are waited
/// for.</summary>
public interface IPreemptibleSink : IJobSink
{
    /// <summary>Asks to stop a job. Never before <see cref="IJobSink.Submit"/> has returned.</summary>
    /// <returns>True when it does not run any more; the job then comes again by <see cref="IJobSink.Submit"/> once its queue goes on. False
    /// when it still runs: the sink stops it later and says so by <see cref="XeJob.Preempted"/>, or lets it complete.</returns>
    bool TryPreempt(XeJob job);
}
