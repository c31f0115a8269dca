namespace XePt.Fences;

/// <summary>
/// Runs jobs whose fences have signalled. Inline: on the thread that signalled the last one, before that call returns. Queued: on whichever
/// thread pumps. One per device; it has no thread of its own.
/// </summary>
/// <remarks>
/// <para>Concurrency, inline: each thread runs the jobs that it made ready, one after the other in that order. A job that becomes ready while its
/// thread is running another one, or is inside a <see cref="WriterGate"/>, waits for its turn in a list of that thread (<see cref="ThreadJobs"/>): a chain of any length needs
/// no stack, and a job never runs under somebody's gate.</para>
/// <para>Concurrency, queued: ready jobs are pushed to a stack that pumps take whole by one interlocked exchange, so no job is popped under
/// another thread. A pump runs what it took in the order it became ready and puts back what its limit left over.</para>
/// </remarks>
internal sealed class JobScheduler(bool isInline)
{
    private readonly Wakeups _work = new("ready work");
    private ScheduledJob? _ready;

    public bool IsInline => isInline;

    /// <summary>Jobs wait for a pump.</summary>
    public bool HasReady => Volatile.Read(ref _ready) is not null;

    /// <summary>The fence of the next job that becomes ready, for who blocks until there is work to pump.</summary>
    public Fence NextWork => _work.Next;

    /// <summary>All dependencies of a job are met.</summary>
    public void MakeReady(ScheduledJob job)
    {
        if (!isInline)
        {
            Push(job, job);
            return;
        }

        ThreadJobs.Own.Do(job);
    }

    /// <summary>Runs ready jobs, also those that become ready meanwhile.</summary>
    /// <returns>How many ran.</returns>
    public int Pump(int most)
    {
        int ran = 0;
        while (ran < most && Interlocked.Exchange(ref _ready, null) is { } taken)
        {
            ScheduledJob? next = Reverse(taken);
            for (; next is not null && ran < most; ran++)
            {
                ScheduledJob job = next;
                next = job.NextReady;
                job.NextReady = null;
                Run(job, next);
            }

            if (next is not null)
                PutBack(next);
        }

        return ran;
    }

    /// <summary>Runs a job, then what it has caused the client to do; if that throws, the jobs after it go back first.</summary>
    private void Run(ScheduledJob job, ScheduledJob? next)
    {
        try
        {
            using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
            job.Run();
        }
        catch
        {
            if (next is not null)
                PutBack(next);
            throw;
        }
    }

    private static ScheduledJob Reverse(ScheduledJob newest)
    {
        ScheduledJob? reversed = null;
        for (ScheduledJob? job = newest; job is not null;)
        {
            ScheduledJob? older = job.NextReady;
            job.NextReady = reversed;
            reversed = job;
            job = older;
        }

        return reversed!;
    }

    /// <summary>Puts jobs back, the oldest first; they stay before those that became ready after they were taken only among themselves.</summary>
    private void PutBack(ScheduledJob oldest)
    {
        ScheduledJob newest = Reverse(oldest);
        Push(newest, oldest);
    }

    private void Push(ScheduledJob newest, ScheduledJob oldest)
    {
        ScheduledJob? head = Volatile.Read(ref _ready);
        while (true)
        {
            oldest.NextReady = head;
            ScheduledJob? found = Interlocked.CompareExchange(ref _ready, newest, head);
            if (ReferenceEquals(found, head))
                break;
            head = found;
        }

        _work.Notify();
    }
}
