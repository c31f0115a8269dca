using XePt.Fences;
using XePt.Memory;
using XePt.Queues;
using XePt.Uapi;

namespace XePt;

/// <summary>One job of an engine queue: what one EXEC with batches submitted.</summary>
/// <remarks>Jobs are used again: once a job was completed it belongs to the engine and may be the next submission of its queue. A cancelled
/// job is not.</remarks>
public sealed class XeJob : IReturnable<XeJob>
{
    private readonly ulong[] _batches;
    private XeJob? _nextReturned;

    internal XeJob(JobQueue owner, JobScheduler scheduler)
    {
        Owner = owner;
        _batches = new ulong[owner.Queue.Width];
        Ready = new Step(scheduler, () => owner.OnReady(this));
        Flushed = new Step(scheduler, () => owner.OnFlushed(this));
    }

    /// <summary>The queue it was submitted to; <see cref="ExecQueue.VmId"/> names its VM.</summary>
    public ExecQueue Queue => Owner.Queue;

    /// <summary>GPU addresses of its batches, one per column of the queue's width.</summary>
    public ReadOnlySpan<ulong> Batches => _batches;

    /// <summary>What it writes when it is complete; the engine does so itself in <see cref="Complete"/>.</summary>
    public ReadOnlySpan<GpuUserFence> UserFences => Fences.Items;

    /// <summary>Number of the job on its queue, from 1, rising by one.</summary>
    public ulong Seqno => Fence.Seqno;

    /// <summary>Signals when the job is complete or cancelled.</summary>
    public Fence Fence { get; internal set; }

    /// <summary>The TLBs of its engine were flushed for it just before it was handed to the sink (PT-176).</summary>
    public bool FlushesTlb { get; internal set; }

    /// <summary>It ran before and was preempted.</summary>
    public bool WasPreempted { get; internal set; }

    /// <summary>Translates an address of the job's VM as its engine does, on any thread, by the tables of this moment.</summary>
    public Translation Translate(ulong va) => Owner.Translator.Translate(va);

    /// <summary>The sink: the job is over. Writes its user fences unless it failed, then signals its fence. Any thread.</summary>
    /// <param name="error">What went wrong, or Ok; it becomes the error of the fence and nothing else: for a hang use
    /// <see cref="ExecQueue.Reset"/>.</param>
    /// <returns>False when the job does not run, because it was cancelled or is complete; nothing happens then.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    public bool Complete(Errno error = Errno.Ok)
    {
        WriterGate.ThrowIfInside();
        return Owner.Complete(this, error);
    }

    /// <summary>The sink: the job does not run any more although it is not complete; it will be submitted again when its queue goes on. Any
    /// thread.</summary>
    /// <returns>False when the job does not run.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    public bool Preempted()
    {
        WriterGate.ThrowIfInside();
        return Owner.Preempted(this);
    }

    /// <summary>For example <c>job 3 of queue 1: 0x100000</c>, with the addresses of its batches.</summary>
    public override string ToString() => $"job {Seqno} of {Queue}: {string.Join(", ", _batches.Select(batch => $"0x{batch:x}"))}";

    internal JobQueue Owner { get; }

    internal JobState State { get; set; }

    /// <summary>Number of its latest submission to the sink, unlike that of any other job or submission of the queue.</summary>
    internal long Submission { get; set; }

    /// <summary>Next newer job of the queue.</summary>
    internal XeJob? Newer { get; set; }

    internal JobUserFences Fences { get; } = new();

    /// <summary>Waits for everything the job depends on.</summary>
    internal Step Ready { get; }

    /// <summary>Waits for the TLB flush before the job.</summary>
    internal Step Flushed { get; }

    ref XeJob? IReturnable<XeJob>.NextReturned => ref _nextReturned;

    /// <summary>Begins another submission.</summary>
    internal void Reset(ReadOnlySpan<ulong> batches)
    {
        batches[.._batches.Length].CopyTo(_batches);
        Fences.Clear();
        Newer = null;
        State = JobState.Waiting;
        FlushesTlb = WasPreempted = false;
    }

    /// <summary>Something that happens when fences have signalled, on the thread that the scheduler chooses.</summary>
    internal sealed class Step(JobScheduler scheduler, Action next) : ScheduledJob(scheduler)
    {
        public override void Run() => next();
    }
}

/// <summary>Where a job of an engine queue is.</summary>
internal enum JobState
{
    /// <summary>Not all of its dependencies have signalled.</summary>
    Waiting,

    /// <summary>It could run, but its queue is stopped.</summary>
    Held,

    /// <summary>The TLB is being flushed for it.</summary>
    Flushing,

    /// <summary>The sink is being given it.</summary>
    Submitting,

    /// <summary>The sink has it.</summary>
    Running,

    /// <summary>The sink has completed it and its user fences are being written.</summary>
    Completing,

    /// <summary>Complete or cancelled.</summary>
    Over,
}
