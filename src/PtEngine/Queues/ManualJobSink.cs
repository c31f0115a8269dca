using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>A sink for tests and traces: keeps the jobs that run, in the order they came, until it is told to complete them.</summary>
/// <remarks>Concurrency: any thread; the list is behind a gate that is left before a job is completed.</remarks>
public sealed class ManualJobSink : IPreemptibleSink
{
    private readonly List<XeJob> _running = [];
    private SpinGate _gate;

    /// <summary>Jobs can be taken off their engines.</summary>
    public bool CanPreempt { get; init; }

    /// <summary>Jobs that run.</summary>
    public int Count
    {
        get
        {
            _gate.Enter();
            int count = _running.Count;
            _gate.Exit();
            return count;
        }
    }

    /// <summary>The jobs that run, in the order they came.</summary>
    public IReadOnlyList<XeJob> GetJobs()
    {
        _gate.Enter();
        XeJob[] jobs = [.. _running];
        _gate.Exit();
        return jobs;
    }

    /// <summary>Completes the job that came first.</summary>
    /// <param name="error">Error of its fence.</param>
    /// <returns>False when no job runs.</returns>
    public bool CompleteNext(Errno error = Errno.Ok) => Take(queue: null) is { } job && job.Complete(error);

    /// <summary>Completes the job of a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="error">Error of its fence.</param>
    /// <returns>False when no job of it runs.</returns>
    public bool Complete(ExecQueue queue, Errno error = Errno.Ok)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return Take(queue) is { } job && job.Complete(error);
    }

    /// <summary>Completes jobs in the order they came, also those that come meanwhile, until none runs.</summary>
    /// <returns>How many.</returns>
    public int CompleteAll()
    {
        int completed = 0;
        while (Take(queue: null) is { } job)
            completed += job.Complete() ? 1 : 0;
        return completed;
    }

    /// <inheritdoc/>
    public void Submit(XeJob job)
    {
        _gate.Enter();
        _running.Add(job);
        _gate.Exit();
    }

    /// <inheritdoc/>
    public void Cancelled(XeJob job) => Remove(job);

    /// <inheritdoc/>
    public bool TryPreempt(XeJob job) => CanPreempt && Remove(job);

    private XeJob? Take(ExecQueue? queue)
    {
        WriterGate.ThrowIfInside();
        _gate.Enter();
        int at = 0;
        while (at < _running.Count && queue is not null && !ReferenceEquals(_running[at].Queue, queue))
            at++;
        XeJob? job = at < _running.Count ? _running[at] : null;
        if (job is not null)
            _running.RemoveAt(at);
        _gate.Exit();
        return job;
    }

    private bool Remove(XeJob job)
    {
        _gate.Enter();
        bool removed = _running.Remove(job);
        _gate.Exit();
        return removed;
    }

    /// <summary>For example <c>2 jobs held</c>.</summary>
    public override string ToString() => $"{Count} job{(Count == 1 ? "" : "s")} held";
}
