namespace XePt.Fences;

/// <summary>A set of fences for the length of a block: <c>using ScratchFences scratch = ScratchFences.Take();</c>. The thread keeps one
/// set, empty, for the next
/// block; blocks may nest.</summary>
internal readonly ref struct ScratchFences
{
    [ThreadStatic]
    private static FenceSet? s_idle;

    private ScratchFences(FenceSet set) => Set = set;

    public FenceSet Set { get; }

    public static ScratchFences Take()
    {
        FenceSet set = s_idle ?? new FenceSet();
        s_idle = null;
        return new ScratchFences(set);
    }

    public void Dispose()
    {
        Set.Clear();
        s_idle = Set;
    }
}
