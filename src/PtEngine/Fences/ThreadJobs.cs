using System.Runtime.CompilerServices;

namespace XePt.Fences;

/// <summary>What one thread has in hand: the writer gates it is inside of and the jobs that it made ready but could not run yet.</summary>
/// <remarks>Concurrency: only its thread touches it. One object for all of it, because finding a thread's own data costs more than using it.</remarks>
internal sealed class ThreadJobs
{
    [ThreadStatic]
    private static ThreadJobs? s_own;

    private ScheduledJob? _first;
    private ScheduledJob? _last;
    private bool _isRunning;

    /// <summary>That of the calling thread.</summary>
    public static ThreadJobs Own => s_own ?? MakeOwn();

    /// <summary>Writer gates that the thread is inside of.</summary>
    public int GatesHeld { get; set; }

    /// <summary>Puts a job at the end of the thread's list.</summary>
    public void Add(ScheduledJob job)
    {
        job.NextReady = null;
        if (_last is null)
            _first = job;
        else
            _last.NextReady = job;
        _last = job;
    }

    /// <summary>Runs what is in the list, in order, unless the thread is doing so already.</summary>
    public void Run()
    {
        if (_first is not null && !_isRunning)
            RunAll();
    }

    private void RunAll()
    {
        _isRunning = true;
        try
        {
            while (Take() is { } next)
                next.Run();
        }
        finally
        {
            _isRunning = false;
        }
    }

    private ScheduledJob? Take()
    {
        ScheduledJob? job = _first;
        if (job is null)
            return null;

        _first = job.NextReady;
        job.NextReady = null;
        if (_first is null)
            _last = null;
        return job;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ThreadJobs MakeOwn() => s_own = new ThreadJobs();
}
