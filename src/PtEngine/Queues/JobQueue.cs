using System.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Queues;

/// <summary>
/// The jobs of one engine queue, oldest first, and what they are allowed to do: they run one at a time in the order of submission; a
/// stopped queue holds them back (EVT-006); a queue that was reset or killed cancels them (BIND-105, BIND-016).
/// </summary>
/// <remarks>
/// Concurrency: the VM's writer side submits; sinks, dependencies, the rebind worker and whoever kills the queue call from any thread. The
/// list and the states of its jobs are behind one gate, which is never held while anybody else is called. Each job depends on the fence of
/// the one before, and a job leaves the list before its fence signals, so whatever becomes ready is the oldest. Cancelling takes jobs off
/// the list one by one and signals each before the next; it stops at a job that is just being given to the sink, or whose completion is
/// under way, and the thread that does so then goes on with it; so the sink hears of a job's end only when it has the job, and fences
/// signal in order, each with its own error.
/// </remarks>
internal sealed class JobQueue(ExecQueue queue, QueueHost host, int tile)
{
    private readonly FenceTimeline _jobs = new($"vm {queue.Vm.Jobs.Vm} jobs");
    private readonly FencePool _stops = new($"vm {queue.Vm.Jobs.Vm} queue stopped");
    private readonly LegPool _legs = new();
    private ReturnStack<XeJob> _idle;
    private SpinGate _gate;
    private XeJob? _oldest, _newest;
    private int _count;
    private int _signalling;
    private long _submissions;
    private bool _isStopped, _isEnded;
    private Fence _stop;
    private Errno _endError;

    public ExecQueue Queue => queue;

    public VmTranslator Translator { get; } = new(queue.Vm, host.Epochs, tile);

    /// <summary>Jobs submitted and not over.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The sink has a job, or is being given it.</summary>
    public bool HasStarted
    {
        get
        {
            _gate.Enter();
            bool hasStarted = _oldest is { State: JobState.Submitting or JobState.Running };
            _gate.Exit();
            return hasStarted;
        }
    }

    /// <summary>Reset or killed: it runs nothing any more.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>Fence of the newest job, which signals last; the stub before the first.</summary>
    public Fence Last => _jobs.Issued == 0 ? Fence.Signalled : _jobs.At(_jobs.Issued);

    /// <summary>Gives the line of jobs the queue's id, before anybody else knows the queue.</summary>
    public void NameAfter(uint id, string name) => _jobs.NameAfter(id, name);

    /// <summary>The writer side: a job to be filled in.</summary>
    public XeJob Rent() => _idle.Rent() ?? new XeJob(this, host.Scheduler);

    /// <summary>The writer side: makes a job the newest one. It waits for the one before; more dependencies may be added until
    /// <see cref="Release"/>.</summary>
    /// <returns>False when the queue has ended; the job is dropped then.</returns>
    public bool TryAppend(XeJob job)
    {
        Fence before = Last;
        _gate.Enter();
        bool isOpen = !_isEnded;
        if (isOpen)
        {
            job.Fence = _jobs.Next();
            if (_newest is null)
                _oldest = job;
            else
                _newest.Newer = job;
            _newest = job;
            _count++;
        }

        _gate.Exit();
        if (!isOpen)
            return false;
        queue.Vm.Jobs.Report(FenceEventKind.Submitted, tile, job.Fence);
        job.Ready.Begin();
        job.Ready.Await(before, _legs);
        return true;
    }

    public void DependOn(XeJob job, FenceSet fences)
    {
        foreach (Fence fence in fences.Fences)
            job.Ready.Await(fence, _legs);
    }

    /// <summary>All dependencies of a job are named. It may run inside this call.</summary>
    public static void Release(XeJob job) => job.Ready.End();

    /// <summary>Every dependency of a job has signalled.</summary>
    public void OnReady(XeJob job)
    {
        if (Move(job, JobState.Waiting, JobState.Flushing, out _))
            Start(job);
    }

    /// <summary>The TLB is flushed for a job.</summary>
    public void OnFlushed(XeJob job)
    {
        if (!Move(job, JobState.Flushing, JobState.Submitting, out long submission))
            return;
        queue.Vm.Jobs.Report(FenceEventKind.Started, tile, job.Fence);
        try
        {
            host.Sink.Submit(job);
        }
        catch (Exception thrown)
        {
            // The queue must go on: nobody has the job.
            using ThreadJobs.Step failed = ThreadJobs.Own.BeginStep();
            host.Scheduler.Note(thrown);
            if (LeaveSubmit(job, submission, JobState.Completing, out _, out _))
                Finish(job, Errno.EIO);
            return;
        }

        if (!LeaveSubmit(job, submission, JobState.Running, out bool isEnded, out bool isToBeStopped))
            return;
        // Who ended or stopped the queue meanwhile has left the sink alone, because it did not have the job yet.
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        if (isEnded)
            CancelAll();
        else if (isToBeStopped && host.Sink is IPreemptibleSink sink)
            Preempt(sink, job);
    }

    /// <summary>The sink has finished a job.</summary>
    public bool Complete(XeJob job, Errno error)
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        if (!BeginCompleting(job))
            return false;

        if (error == Errno.Ok)
            queue.AddLostUserFences(job.Fences.Write(Translator, host));
        Finish(job, error);
        return true;
    }

    /// <summary>The sink has taken a job off its engine.</summary>
    public bool Preempted(XeJob job)
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        _gate.Enter();
        bool wasRunning = job.State is JobState.Submitting or JobState.Running;
        bool isEnded = _isEnded;
        bool goesOn = wasRunning && !_isStopped && !isEnded;
        if (wasRunning)
        {
            job.State = goesOn ? JobState.Flushing : JobState.Held;
            job.WasPreempted = true;
        }

        Fence stop = wasRunning ? TakeStop() : Fence.Signalled;
        _gate.Exit();
        // Who ended the queue has left the job to whoever was giving it to the sink, and the sink does not have it any more.
        if (wasRunning && isEnded)
            CancelAll();
        stop.TrySignal(isEnded ? Errno.ENOENT : Errno.Ok);
        if (goesOn)
            Start(job);
        return wasRunning;
    }

    /// <summary>Holds back jobs that do not run yet, and preempts or waits for the one that does.</summary>
    /// <returns>Signals when nothing runs: with -ENOENT when the queue has ended or ends before that (EVT-007).</returns>
    public Fence Stop()
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        _gate.Enter();
        _isStopped = true;
        XeJob? running = _oldest is { State: JobState.Submitting or JobState.Running or JobState.Completing } ? _oldest : null;
        bool canPreempt = running is { State: JobState.Running };
        Fence stop = running is null && !_isEnded ? Fence.Signalled : _stop.IsSignalled ? _stops.Create() : _stop;
        if (running is not null)
            _stop = stop;
        _gate.Exit();

        if (running is null)
            stop.TrySignal(Errno.ENOENT);
        else if (canPreempt && host.Sink is IPreemptibleSink sink)
            Preempt(sink, running);
        return stop;
    }

    /// <summary>Lets jobs run again.</summary>
    public void Continue()
    {
        _gate.Enter();
        _isStopped = false;
        XeJob? held = _oldest is { State: JobState.Held } ? _oldest : null;
        if (held is not null)
            held.State = JobState.Flushing;
        _gate.Exit();
        if (held is not null)
            Start(held);
    }

    /// <summary>Ends the queue: cancels all jobs, oldest first.</summary>
    /// <param name="error">Error of the job that runs; the others get -ECANCELED.</param>
    public void End(Errno error)
    {
        _gate.Enter();
        bool wasOpen = !_isEnded;
        if (wasOpen)
            (_isEnded, _endError) = (true, error);
        _gate.Exit();
        if (!wasOpen)
            return;

        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        CancelAll();
        host.Changed.Notify();
    }

    private void Start(XeJob job)
    {
        if (job.FlushesTlb)
        {
            Fence flush = queue.Vm.Tlb.OfBatch(queue.Engines[0].GtId);
            if (!flush.IsSignalled)
            {
                job.Flushed.Begin();
                job.Flushed.Await(flush, _legs);
                job.Flushed.End();
                return;
            }
        }

        OnFlushed(job);
    }

    /// <summary>Takes a job that does not run yet from one state to the next, unless the queue has ended; a stopped queue holds it
    /// instead.</summary>
    /// <param name="submission">Number of the submission, when the next state is that.</param>
    /// <returns>True when the job is in the next state.</returns>
    private bool Move(XeJob job, JobState from, JobState to, out long submission)
    {
        _gate.Enter();
        bool moves = job.State == from && !_isEnded;
        if (moves && _isStopped)
            (job.State, moves) = (JobState.Held, false);
        else if (moves)
            job.State = to;
        if (moves && to == JobState.Submitting)
            job.Submission = ++_submissions;
        submission = _submissions;
        _gate.Exit();
        return moves;
    }

    /// <summary>The sink has returned from being given a job, which it may have completed or stopped by now; the job may even be another
    /// submission.</summary>
    /// <returns>True when it was still the same submission, which is in the next state now.</returns>
    private bool LeaveSubmit(XeJob job, long submission, JobState next, out bool isEnded, out bool isToBeStopped)
    {
        _gate.Enter();
        bool isSame = job.State == JobState.Submitting && job.Submission == submission;
        if (isSame)
            job.State = next;
        (isEnded, isToBeStopped) = (_isEnded, _isStopped);
        _gate.Exit();
        return isSame;
    }

    /// <summary>The sink completes a job that it has, or is just being given. Of a queue that has ended nothing completes any more, unless
    /// it had begun to.</summary>
    private bool BeginCompleting(XeJob job)
    {
        _gate.Enter();
        bool completes = job.State is JobState.Submitting or JobState.Running && !_isEnded;
        if (completes)
            job.State = JobState.Completing;
        _gate.Exit();
        return completes;
    }

    /// <summary>Takes a completing job off the list and signals it.</summary>
    private void Finish(XeJob job, Errno error)
    {
        Fence fence = job.Fence;
        _gate.Enter();
        RemoveOldest(job);
        Fence stop = TakeStop();
        bool isEnded = _isEnded;
        if (!isEnded)
            _idle.Return(job);
        _gate.Exit();

        Signal(fence, error, stop, isEnded ? Errno.ENOENT : Errno.Ok);
        if (IsEnded)
            CancelAll();
    }

    private void CancelAll()
    {
        while (TakeForCancelling(out bool wasRunning, out Fence stop) is { } job)
        {
            if (wasRunning)
                TellSink(job);
            Signal(job.Fence, wasRunning ? _endError : Errno.ECANCELED, stop, Errno.ENOENT);
        }
    }

    private void TellSink(XeJob job)
    {
        try
        {
            host.Sink.Cancelled(job);
        }
        catch (Exception thrown)
        {
            host.Scheduler.Note(thrown);
        }
    }

    private void Preempt(IPreemptibleSink sink, XeJob job)
    {
        bool isPreempted = false;
        try
        {
            isPreempted = sink.TryPreempt(job);
        }
        catch (Exception thrown)
        {
            host.Scheduler.Note(thrown);
        }

        if (isPreempted)
            Preempted(job);
    }

    /// <summary>Takes the oldest job off the list, unless it is being given to the sink or completed, or the one before it is still to be
    /// signalled; then the thread that
    /// does so goes on.</summary>
    private XeJob? TakeForCancelling(out bool wasRunning, out Fence stop)
    {
        _gate.Enter();
        bool isInHand = Volatile.Read(ref _signalling) != 0 || _oldest is { State: JobState.Submitting or JobState.Completing };
        XeJob? job = isInHand ? null : _oldest;
        (wasRunning, stop) = (job is { State: JobState.Running }, Fence.Signalled);
        if (job is not null)
        {
            RemoveOldest(job);
            stop = TakeStop();
        }

        _gate.Exit();
        return job;
    }

    /// <summary>Signals a job that was taken off the list, and whoever waits for the queue to stop.</summary>
    private void Signal(Fence fence, Errno error, Fence stop, Errno stopError)
    {
        queue.Vm.Jobs.Report(FenceEventKind.Completed, tile, fence);
        fence.TrySignal(error);
        Interlocked.Decrement(ref _signalling);
        stop.TrySignal(stopError);
    }

    /// <summary>Takes a job off the list; <see cref="Signal"/> must follow.</summary>
    private void RemoveOldest(XeJob job)
    {
        Debug.Assert(ReferenceEquals(job, _oldest));
        job.State = JobState.Over;
        _oldest = job.Newer;
        if (_oldest is null)
            _newest = null;
        _count--;
        Interlocked.Increment(ref _signalling);
    }

    private Fence TakeStop()
    {
        Fence stop = _stop;
        _stop = Fence.Signalled;
        return stop;
    }
}
