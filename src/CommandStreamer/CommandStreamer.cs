using XePt.Memory;
using XePt.Streaming;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// A job sink that runs what EXEC submits: it fetches batches through the tables of their VM and executes them instruction by instruction.
/// Stores, registers, jumps, predicates, semaphores, atomics, arithmetic and blits are done; draws, dispatches and state are stepped over
/// and counted by name (specification 05, sections 5 and 8; <c>docs/command-streamer.md</c>).
/// </summary>
/// <remarks>
/// <para>It makes no thread. With the inline drive a job runs as far as it can where it is submitted, and goes on by the device's clock
/// (<see cref="CommandStreamerOptions.RunsByItself"/>); otherwise the embedder's threads call <see cref="Run"/>, as many as he likes. One
/// that waits (a semaphore, a loop that only looks, a page fault) is a state and takes no thread.</para>
/// <para>Concurrency: any thread. A job is taken from a list, run for a bounded while by one thread, and put back; the list and who has
/// what is behind one gate, which is never held while anybody else is called. Cancelling waits for the thread that is at the job, which is
/// bounded; afterwards the batch touches nothing.</para>
/// </remarks>
public sealed class CommandStreamer : IPreemptibleSink
{
    /// <summary>Instructions of one job before the next has its turn.</summary>
    public const int Slice = 1024;

    /// <summary>Instructions that a job executes where it is submitted, when jobs run by themselves.</summary>
    public const int SubmitBudget = 64 << 10;

    internal const int TickBudget = 64 << 10;

    private readonly LinkedList<QueueRun> _listed = new();
    private readonly List<DeviceTicks> _ticks = [];
    private readonly StreamTally _tally = new();
    private SpinGate _gate;
    private StreamWorker? _idleWorkers;
    private int _jobs, _going;
    private StreamerFailure _lastFailure;

    /// <summary>Makes a streamer; give it to <see cref="XeDeviceOptions.JobSink"/>, of one device or of several.</summary>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="ArgumentException">A time that is not positive.</exception>
    public CommandStreamer(CommandStreamerOptions? options = null)
    {
        Options = options ?? new CommandStreamerOptions();
        if (Options.JobTimeout <= 0 || Options.NanosecondsPerInstruction < 0)
            throw new ArgumentException("times are positive", nameof(options));
    }

    /// <summary>The choices it was made with.</summary>
    public CommandStreamerOptions Options { get; }

    /// <summary>Jobs that are not over, those that wait included.</summary>
    public int JobCount => Volatile.Read(ref _jobs);

    /// <summary>What it has done so far. Any thread; exact while nothing runs.</summary>
    public StreamerCounters Counters => _tally.Read();

    /// <summary>Instructions that were stepped over, by name, and how often. Any thread.</summary>
    public IReadOnlyDictionary<string, long> SteppedOver => _tally.ReadSteppedOver();

    /// <summary>Why the latest job failed that did; its kind is <see cref="StreamerFailureKind.None"/> when none did.</summary>
    public StreamerFailure LastFailure
    {
        get
        {
            _gate.Enter();
            StreamerFailure failure = _lastFailure;
            _gate.Exit();
            return failure;
        }
    }

    /// <summary>How long jobs of a client were on engines of a class, in nanoseconds of the device's clock; those that are there now count
    /// until now, and each batch of a wider queue by itself. Any thread.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a class of engines.</exception>
    public static long BusyNanoseconds(XeFile client, EngineClass engineClass)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)engineClass, (int)EngineClass.Compute, nameof(engineClass));
        return ClientTimes.Of(client)[engineClass].Read(client.Device.Clock.Now);
    }

    /// <summary>Takes the jobs a step further, each in its turn. Any number of threads at the same time.</summary>
    /// <param name="budget">Instructions to execute at most, about; 4 KiB of a blit count as one.</param>
    /// <returns>What was done; without progress it is of no use to call again before somebody has written or answered something, or time
    /// has passed.</returns>
    /// <remarks>Not from inside a VM (<c>XeVm.VisitTables</c>), because jobs that end signal fences.</remarks>
    public StreamerProgress Run(long budget = SubmitBudget) => RunOn(clock: null, budget);

    /// <inheritdoc/>
    public void Submit(XeJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        QueueRun run = RunOf(job);
        _gate.Enter();
        bool isNew = !job.WasPreempted;
        run.Begin(job, isNew);
        _jobs++;
        List(run);
        _gate.Exit();
        Options.Ready?.Invoke();
        if (!RunsByItself(run))
            return;
        RunNow(run, job);
        if (HasWork(run.Device.Clock))
            TicksOf(run.Device.Clock).Begin();
    }

    /// <inheritdoc/>
    public void Cancelled(XeJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Queue.SinkState is not QueueRun run)
            return;
        for (var spin = default(SpinWait); ; spin.SpinOnce())
        {
            _gate.Enter();
            bool isHere = ReferenceEquals(run.Job, job);
            bool isMine = isHere && run.State == RunState.Going && run.Owner == Environment.CurrentManagedThreadId;
            if (isHere)
                run.IsCancelled = true;
            if (isHere && run.State == RunState.Listed)
                Unlist(run, forGood: true);
            isHere = ReferenceEquals(run.Job, job);
            _gate.Exit();
            if (!isHere || isMine)
                return;
        }
    }

    /// <inheritdoc/>
    public bool TryPreempt(XeJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Queue.SinkState is not QueueRun run)
            return false;
        _gate.Enter();
        bool isHere = ReferenceEquals(run.Job, job), isListed = isHere && run.State == RunState.Listed;
        if (isListed)
            Unlist(run, forGood: false);
        else if (isHere)
            run.IsToStop = true;
        _gate.Exit();
        return isListed;
    }

    /// <summary>For example <c>2 jobs; 10 jobs completed, …</c>.</summary>
    public override string ToString() => $"{JobCount} job{(JobCount == 1 ? "" : "s")}; {Counters}";

    /// <summary>As <see cref="Run"/>, for the jobs of devices with this clock, or of all.</summary>
    internal StreamerProgress RunOn(XeClock? clock, long budget)
    {
        StreamWorker worker = Rent();
        long used = 0;
        bool hasProgressed = false;
        // After a round in which nobody progressed nobody will.
        for (int fruitless = 0; used < budget && Take(clock, fruitless) is { } run;)
        {
            used += Advance(run, worker, Math.Min(Slice, budget - used), out bool progressed);
            fruitless = progressed ? 0 : fruitless + 1;
            hasProgressed |= progressed;
        }

        Return(worker);
        return new StreamerProgress(used, hasProgressed, JobCount);
    }

    /// <summary>Jobs are there that the clock shall let go on: those that may take no longer than they have are ended by it, and others
    /// have as much time before it leaves them to <see cref="Run"/>.</summary>
    internal bool HasWork(XeClock clock)
    {
        long now = clock.Now;
        _gate.Enter();
        // Who is at a job puts it back or ends it.
        bool hasWork = _going > 0;
        for (LinkedListNode<QueueRun>? node = _listed.First; node is not null && !hasWork; node = node.Next)
        {
            QueueRun run = node.Value;
            hasWork = ReferenceEquals(run.Device.Clock, clock) && (HasTimeout(run) || now - run.Began < Options.JobTimeout);
        }

        _gate.Exit();
        return hasWork;
    }

    /// <summary>A page fault of a job is answered: it goes on here, if it runs by itself, or somebody is told.</summary>
    internal void Answered(QueueRun run)
    {
        _gate.Enter();
        run.IsAnswered = true;
        XeJob? job = run.State == RunState.Listed ? run.Job : null;
        _gate.Exit();
        if (job is not null && RunsByItself(run))
            RunNow(run, job);
        else if (job is not null)
            Options.Ready?.Invoke();
    }

    private bool RunsByItself(QueueRun run) => Options.RunsByItself ?? run.Device.Options.Drive == DriveMode.Inline;

    private bool HasTimeout(QueueRun run) => run.HasDeadline && Options.JobTimeout != long.MaxValue;

    private QueueRun RunOf(XeJob job)
    {
        if (job.Queue.SinkState is QueueRun run && ReferenceEquals(run.Streamer, this))
            return run;
        run = new QueueRun(this, job.Vm, job.Queue, _tally, Options.Accessing);
        job.Queue.SinkState = run;
        return run;
    }

    /// <summary>Runs a job where it is submitted, unless another thread has it already.</summary>
    private void RunNow(QueueRun run, XeJob job)
    {
        StreamWorker worker = Rent();
        for (long used = 0; used < SubmitBudget && TryTake(run, job);)
        {
            used += Advance(run, worker, Slice, out bool progressed);
            if (!progressed)
                break;
        }

        Return(worker);
    }

    private bool TryTake(QueueRun run, XeJob job)
    {
        _gate.Enter();
        bool takes = run.State == RunState.Listed && ReferenceEquals(run.Job, job) && !run.IsHeld;
        if (takes)
            Claim(run);
        _gate.Exit();
        return takes;
    }

    private QueueRun? Take(XeClock? clock, int fruitless)
    {
        _gate.Enter();
        QueueRun? run = null;
        if (fruitless < _listed.Count)
        {
            LinkedListNode<QueueRun>? node = _listed.First;
            while (node is not null && (node.Value.IsHeld || (clock is not null && !ReferenceEquals(node.Value.Device.Clock, clock))))
                node = node.Next;
            run = node?.Value;
        }

        if (run is not null)
            Claim(run);
        _gate.Exit();
        return run;
    }

    /// <summary>Inside the gate.</summary>
    private void List(QueueRun run)
    {
        run.State = RunState.Listed;
        _listed.AddLast(run.Node);
    }

    /// <summary>Inside the gate.</summary>
    private void Claim(QueueRun run)
    {
        _listed.Remove(run.Node);
        _going++;
        (run.State, run.Owner, run.IsAnswered) = (RunState.Going, Environment.CurrentManagedThreadId, false);
    }

    /// <summary>Inside the gate: takes a job off that nobody is at.</summary>
    private void Unlist(QueueRun run, bool forGood)
    {
        _listed.Remove(run.Node);
        Leave(run, forGood);
    }

    /// <summary>Inside the gate.</summary>
    private void Leave(QueueRun run, bool forGood)
    {
        run.Leave(forGood);
        (run.State, _jobs) = (RunState.Idle, _jobs - 1);
    }

    /// <summary>Runs a job that this thread has taken, and does what follows from it.</summary>
    /// <returns>What was used of the budget, 1 at least.</returns>
    private long Advance(QueueRun run, StreamWorker worker, long budget, out bool progressed)
    {
        XeJob job = run.Job!;
        StreamerFailure failure = default;
        (worker.Executed, worker.Spent) = (0, 0);
        progressed = true;
        try
        {
            if (HasTimeout(run) && run.Device.Clock.Now - run.Began >= Options.JobTimeout)
                failure = FailureOf(run, job, run.Unfinished, StreamerFailureKind.Timeout);
            else
                progressed = run.Run(worker, budget);
            if (run.Failed is { } column)
                failure = FailureOf(run, job, column, column.Failure);
        }
        catch
        {
            End(run, job, FailureOf(run, job, run.Unfinished, StreamerFailureKind.Exception));
            throw;
        }

        _tally.Executed(worker.Executed);
        progressed |= End(run, job, failure);
        return Math.Max(1, worker.Spent);
    }

    /// <summary>This thread has done its part of a job: it is over, has failed, leaves its engine, or goes back to the list.</summary>
    /// <returns>True when what it waited for has come meanwhile.</returns>
    private bool End(QueueRun run, XeJob job, in StreamerFailure failure)
    {
        bool hasFailed = failure.Kind != StreamerFailureKind.None, isOver = run.IsOver;
        _gate.Enter();
        _going--;
        bool isCancelled = run.IsCancelled, stops = run.IsToStop && !isOver && !hasFailed, isAnswered = run.IsAnswered;
        if (hasFailed || isOver || isCancelled || stops)
            Leave(run, forGood: !stops || isCancelled);
        else
            List(run);
        if (hasFailed && !isCancelled)
            _lastFailure = failure;
        _gate.Exit();

        if (isCancelled)
            return false;
        if (hasFailed)
            Fail(run.Queue, failure);
        else if (isOver)
            Complete(job);
        else if (stops)
            job.Preempted();
        return isAnswered;
    }

    private void Complete(XeJob job)
    {
        _tally.Completed();
        job.Complete();
    }

    private void Fail(ExecQueue queue, in StreamerFailure failure)
    {
        _tally.Failed();
        try
        {
            Options.Failed?.Invoke(failure);
        }
        finally
        {
            queue.Reset();
        }
    }

    private static StreamerFailure FailureOf(QueueRun run, XeJob job, Column column, StreamerFailureKind kind)
    {
        var failure = new StreamerFailure(kind, run.Queue, job.Seqno, run.NumberOf(column), column.Head, column.Header)
        {
            Instruction = column.Current?.Name ?? (column.Header == 0 ? "fetch" : InstructionTable.NameOf(column.Header, column.IsVideo)),
        };
        return kind != StreamerFailureKind.Memory ? failure : failure with
        {
            Access = column.Memory.Last,
            Address = column.Memory.LastAddress,
            AccessKind = column.Memory.LastKind,
        };
    }

    private DeviceTicks TicksOf(XeClock clock)
    {
        _gate.Enter();
        DeviceTicks? ticks = _ticks.Find(known => ReferenceEquals(known.Clock, clock));
        if (ticks is null)
            _ticks.Add(ticks = new DeviceTicks(this, clock));
        _gate.Exit();
        return ticks;
    }

    private StreamWorker Rent()
    {
        _gate.Enter();
        StreamWorker? worker = _idleWorkers;
        _idleWorkers = worker?.Next;
        _gate.Exit();
        return worker ?? new StreamWorker();
    }

    private void Return(StreamWorker worker)
    {
        _gate.Enter();
        (worker.Next, _idleWorkers) = (_idleWorkers, worker);
        _gate.Exit();
    }
}
