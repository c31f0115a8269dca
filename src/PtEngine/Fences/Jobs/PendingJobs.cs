namespace XePt.Fences;

/// <summary>A job that knows its place among those in flight.</summary>
internal interface IPendingJob
{
    /// <summary>Index in the list; belongs to the list.</summary>
    int Place { get; set; }

    /// <summary>Number of the submission; belongs to the list.</summary>
    long Serial { get; set; }
}

/// <summary>The jobs in flight of one owner: added and removed at no cost, and listed in the order of submission when all have to be given
/// up.</summary>
internal sealed class PendingJobs<T>
    where T : class, IPendingJob
{
    private readonly List<T> _jobs = [];

    /// <summary>Numbers the submissions.</summary>
    public SubmissionClock Submissions { get; } = new();

    public int Count => _jobs.Count;

    public void Add(T job)
    {
        (job.Place, job.Serial) = (_jobs.Count, Submissions.Advance());
        _jobs.Add(job);
    }

    public void Remove(T job)
    {
        T last = _jobs[^1];
        _jobs[job.Place] = last;
        last.Place = job.Place;
        _jobs.RemoveAt(_jobs.Count - 1);
    }

    /// <summary>A copy, oldest first.</summary>
    public T[] InOrder() => [.. _jobs.OrderBy(job => job.Serial)];
}
