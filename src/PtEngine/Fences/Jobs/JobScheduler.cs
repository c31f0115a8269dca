using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// Runs jobs whose fences have signalled. Inline: on the thread that signalled the last one, before that call returns. Queued: on whichever
/// thread pumps. One per device; it has no thread of its own.
/// </summary>
/// <remarks>
/// <para>Concurrency, inline: each thread runs the jobs that it made ready, one after the other in that order. A job that becomes ready
/// while its thread is running another one, or is inside a <see cref="WriterGate"/>, waits for its turn in a list of that thread
/// (<see cref="ThreadJobs"/>): a chain of any length needs no stack, and a job never runs under somebody's gate.</para>
/// <para>Concurrency, queued: ready jobs are a <see cref="PushStack"/>. Pumps take from a list in the order jobs became ready, one at a
/// time under a gate; when it is empty, the stack is taken and turned round, so each job is moved twice, however few a pump runs. Both
/// happen inside the gate, and so does the question whether anything is ready: whoever finds nothing hangs on the fence of the next push
/// before it asks.</para>
/// </remarks>
internal sealed class JobScheduler(bool isInline)
{
    private readonly Wakeups _work = new("ready work");
    private ScheduledJob? _ready;
    private SpinGate _gate;
    private ScheduledJob? _next;

    /// <summary>Jobs wait for a pump.</summary>
    public bool HasReady
    {
        get
        {
            _gate.Enter();
            bool hasReady = _next is not null || Volatile.Read(ref _ready) is not null;
            _gate.Exit();
            return hasReady;
        }
    }

    /// <summary>Told of what a job, or an interface of the embedder that it calls, throws.</summary>
    public Action<Exception>? Failed { get; init; }

    /// <summary>Jobs moved by pumps so far, for tests of growth.</summary>
    public long Steps { get; private set; }

    /// <summary>The fence of the next job that becomes ready, for who blocks until there is work to pump.</summary>
    public Fence NextWork => _work.Next;

    /// <summary>Has everybody look again who waits for work, or for what other threads do.</summary>
    public void Wake() => _work.Notify();

    /// <summary>What becomes ready on a thread that is free runs at once (<see cref="ThreadJobs.DoAtOnce"/>).</summary>
    public bool IsInline => isInline;

    /// <summary>All dependencies of a job are met.</summary>
    public void MakeReady(ScheduledJob job)
    {
        if (!isInline)
        {
            PushStack.Push(ref _ready, job, ref job.NextReady);
            _work.Notify();
            return;
        }

        ThreadJobs.Own.Do(job);
    }

    /// <summary>Runs ready jobs, also those that become ready meanwhile.</summary>
    /// <returns>How many ran.</returns>
    public int Pump(int most)
    {
        int ran = 0;
        for (; ran < most && Take() is { } job; ran++)
        {
            using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
            try
            {
                job.Run();
            }
            catch (Exception thrown)
            {
                Failed?.Invoke(thrown);
                throw;
            }
        }

        return ran;
    }

    /// <summary>Notes what an interface of the embedder has thrown (<see cref="ThreadJobs.Note"/>).</summary>
    public void Note(Exception thrown)
    {
        Failed?.Invoke(thrown);
        ThreadJobs.Own.Note(thrown);
    }

    private ScheduledJob? Take()
    {
        _gate.Enter();
        _next ??= Reverse(PushStack.TakeAll(ref _ready));
        ScheduledJob? job = _next;
        if (job is not null)
        {
            (_next, job.NextReady) = (job.NextReady, null);
            Steps++;
        }

        _gate.Exit();
        return job;
    }

    private ScheduledJob? Reverse(ScheduledJob? newest)
    {
        ScheduledJob? reversed = null;
        for (ScheduledJob? job = newest; job is not null; Steps++)
        {
            ScheduledJob? older = job.NextReady;
            job.NextReady = reversed;
            reversed = job;
            job = older;
        }

        return reversed;
    }
}
