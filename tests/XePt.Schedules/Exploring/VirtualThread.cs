namespace XePt.Schedules.Exploring;

/// <summary>A thread of a protocol: a real one that runs only when the schedule says so.</summary>
internal sealed class VirtualThread(int index)
{
    public int Index => index;

    public Turn Turn { get; } = new();

    public StoreBuffer Buffer { get; } = new();

    public Action Body { get; private set; } = null!;

    public bool IsStarted { get; set; }

    public bool IsDone { get; set; }

    /// <summary>The step it is about to make.</summary>
    public StepKind Pending { get; private set; }

    public Access Access { get; private set; }

    public Site Site { get; private set; }

    /// <summary>Outcomes of a <see cref="StepKind.Choose"/>, before it, and the one that came, after it.</summary>
    public int Outcome { get; set; }

    /// <summary>The steps that come before its next one whatever the schedule.</summary>
    public StepSet Past { get; set; }

    /// <summary>Words it has read since its own last store or spin: a loop that spins decides by these.</summary>
    public List<nint> Watched { get; } = [];

    /// <summary>Another thread has stored to one of them since it was read.</summary>
    public bool IsNotified { get; set; }

    /// <summary>Words it has read since its last <see cref="StepKind.Round"/>, of those that rounds wait for.</summary>
    public HashSet<nint> Met { get; } = [];

    /// <summary>Another thread has stored to one of those since it was read.</summary>
    public bool IsMet { get; set; }

    public void Begin(Action body)
    {
        (Body, IsStarted, IsDone) = (body, false, false);
        Past = default;
        EndRound();
        Buffer.Clear();
        Expect(StepKind.Start, default, default);
    }

    public void Expect(StepKind kind, Access access, in Site site) => (Pending, Access, Site) = (kind, access, site);

    public void EndRound()
    {
        StopWatching();
        Met.Clear();
        IsMet = false;
    }

    public void StopWatching()
    {
        Watched.Clear();
        IsNotified = false;
    }
}
