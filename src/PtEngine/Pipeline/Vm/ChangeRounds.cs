using XePt.Calls;
using XePt.Fences;

namespace XePt.Pipeline;

/// <summary>How often a call has left its VM because of a change of pages in its middle (<see cref="Outcome.Again"/>). A change lasts as
/// long as the jobs that it waits for; but one that does not end, of an embedder's own process for example that calls the device before it
/// has ended it, is given up.</summary>
internal struct ChangeRounds
{
    // More than ten seconds: jobs that hang are ended before.
    private const int Most = 10_000;

    private SpinWait _spin;
    private int _count;

    /// <summary>Begins an attempt, inside no VM; has others go on before all but the first. The last one finds its pages busy.</summary>
    public Round Next()
    {
        if (_count > 0)
            _spin.SpinOnce();
        ThreadJobs thread = ThreadJobs.Own;
        thread.GivesUp = ++_count >= Most;
        return new Round(thread);
    }

    /// <summary>The time of an attempt.</summary>
    internal readonly ref struct Round(ThreadJobs thread)
    {
        public void Dispose() => thread.GivesUp = false;
    }
}
