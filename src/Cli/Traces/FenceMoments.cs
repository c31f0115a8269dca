namespace XePt.Cli.Traces;

/// <summary>One thing that happened to work in flight, with the record during which it happened.</summary>
internal readonly record struct FenceMoment(int Line, long Time, FenceEvent What);

/// <summary>Collects what becomes of work that could not complete inside its call.</summary>
internal sealed class FenceMoments(XeClock clock)
{
    private readonly List<FenceMoment> _moments = [];

    /// <summary>Line of the record being played.</summary>
    public int Line { get; set; }

    public IReadOnlyList<FenceMoment> All => _moments;

    public void Add(FenceEvent what) => _moments.Add(new FenceMoment(Line, clock.Now, what));
}
