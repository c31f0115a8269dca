using System.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Queues;

/// <summary>
/// The jobs of one engine queue, oldest first, and what they are allowed to do: they run one at a time in the order of submission; a stopped queue holds them
/// back (EVT-006); a queue that was reset or killed cancels them (BIND-105, BIND-016).
/// </summary>
/// <remarks>
/// Concurrency: the VM's writer side submits; sinks, dependencies, the rebind worker and whoever kills the queue call from any thread. The list and the
/// states of its jobs are behind one gate, which is never held while anybody else is called. Each job depends on the fence of the one before, and a job leaves
/// the list before its fence signals, so whatever becomes ready is the oldest. Cancelling takes jobs off the list one by one and signals each before the
/// next; it stops at a job whose completion is under way, whose thread then goes on with it; so fences signal in order, each with its own error.
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
    private bool _isStopped, _isEnded;
    private Fence _stop;
    private Errno _endError;

    public ExecQueue Queue => queue;

    public VmTranslator Translator { get; } = new(queue.Vm, host.Epochs, tile);

    /// <summary>Jobs submitted and not over.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Reset or killed: it runs nothing any more.</summary>
    public bool IsEnded => Volatile.Read(ref _isEnded);

    /// <summary>Fence of the newest job, which signals last; the stub before the first.</summary>
    public Fence Last => _jobs.Issued == 0 ? Fence.Signalled : _jobs.At(_jobs.Issued);

    /// <summary>Gives the line of jobs the queue's id, before anybody else knows the queue.</summary>
    public void NameAfter(uint id, string name) => _jobs.NameAfter(id, name);

    /// <summary>The writer side: a job to be filled in.</summary>
    public XeJob Rent() => _idle.Rent() ?? new XeJob(this, host.Scheduler);

    /// <summary>The writer side: makes a job the newest one. It waits for the one before; more dependencies may be added until <see cref="Release"/>.</summary>
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
        if (Move(job, JobState.Waiting, JobState.Flushing))
            Start(job);
    }

    /// <summary>The TLB is flushed for a job.</summary>
    public void OnFlushed(XeJob job)
    {
        if (!Move(job, JobState.Flushing, JobState.Running))
            return;
        queue.Vm.Jobs.Report(FenceEventKind.Started, tile, job.Fence);
        ulong seqno = job.Seqno;
        try
        {
            host.Sink.Submit(job);
        }
        catch (Exception thrown)
        {
            // The queue must go on: nobody has the job.
            ThreadJobs.Own.Note(thrown);
            Complete(job, Errno.EIO);
            return;
        }

        // Who stopped the queue meanwhile may have asked the sink for a job that it did not have yet.
        if (host.Sink is IPreemptibleSink sink && IsToBeStopped(job, seqno))
            Preempt(sink, job);
    }

    /// <summary>The sink has finished a job.</summary>
    public bool Complete(XeJob job, Errno error)
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        if (!Move(job, JobState.Running, JobState.Completing))
            return false;

        if (error == Errno.Ok)
            queue.AddLostUserFences(job.Fences.Write(Translator, host));
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
        return true;
    }

    /// <summary>The sink has taken a job off its engine.</summary>
    public bool Preempted(XeJob job)
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        _gate.Enter();
        bool wasRunning = job.State == JobState.Running;
        bool goesOn = wasRunning && !_isStopped;
        if (wasRunning)
        {
            job.State = goesOn ? JobState.Flushing : JobState.Held;
            job.WasPreempted = true;
        }

        Fence stop = wasRunning ? TakeStop() : Fence.Signalled;
        _gate.Exit();
        stop.TrySignal();
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
        XeJob? running = _oldest is { State: JobState.Running or JobState.Completing } ? _oldest : null;
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

    /// <summary>Takes a job from one state to the next, unless it was cancelled or is about to be; a stopped queue holds it instead of letting it run.</summary>
    /// <returns>True when the job is in the next state.</returns>
    private bool Move(XeJob job, JobState from, JobState to)
    {
        _gate.Enter();
        bool moves = job.State == from && (to == JobState.Completing || !_isEnded);
        if (moves && _isStopped && to != JobState.Completing)
            (job.State, moves) = (JobState.Held, false);
        else if (moves)
            job.State = to;
        _gate.Exit();
        return moves;
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
            ThreadJobs.Own.Note(thrown);
        }
    }

    /// <summary>The queue is stopped, and this very submission of the job runs.</summary>
    private bool IsToBeStopped(XeJob job, ulong seqno)
    {
        _gate.Enter();
        bool isToBeStopped = _isStopped && ReferenceEquals(job, _oldest) && job.State == JobState.Running && job.Seqno == seqno;
        _gate.Exit();
        return isToBeStopped;
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
            ThreadJobs.Own.Note(thrown);
        }

        if (isPreempted)
            Preempted(job);
    }

    /// <summary>Takes the oldest job off the list, unless it is being completed or the one before it is still to be signalled; then the thread that does so goes on.</summary>
    private XeJob? TakeForCancelling(out bool wasRunning, out Fence stop)
    {
        _gate.Enter();
        XeJob? job = Volatile.Read(ref _signalling) != 0 || _oldest is { State: JobState.Completing } ? null : _oldest;
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
