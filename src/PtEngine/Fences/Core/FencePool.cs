namespace XePt.Fences;

/// <summary>
/// Hands out fences that signal independently of each other, as composites and a client's single events do. Each lives on a timeline of its
/// own while it is pending; signalling it gives the timeline back for the next fence. Old fences stay right: their point is behind the
/// timeline.
/// </summary>
/// <remarks>Concurrency: any thread creates, any thread signals.</remarks>
internal sealed class FencePool(string name)
{
    private SharedPool<FenceTimeline> _idle;

    /// <summary>A new pending fence.</summary>
    public Fence Create() => (_idle.Rent() ?? new FenceTimeline(name, this)).NextOfOne();

    /// <summary>Called by the timeline when its only pending point has signalled.</summary>
    public void Return(FenceTimeline timeline) => _idle.Return(timeline);
}
