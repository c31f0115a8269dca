namespace XePt.Cli.Traces;

/// <summary>One thing that happened to a fence, with the record during which it happened.</summary>
/// <param name="Line">Line of the record.</param>
/// <param name="Time">Virtual time in nanoseconds.</param>
/// <param name="Event">What happened, in a word.</param>
/// <param name="Label">What the fence is, with the name that the trace gives its queue.</param>
/// <param name="Fence">The fence; the stub for what happens to a syncobj.</param>
/// <param name="Work">The work that the fence stands for, or null when it is the client's own.</param>
/// <param name="QueueName">Name of the queue of the work, or null.</param>
internal sealed record FenceMoment(
    int Line, long Time, string Event, string Label, Fence Fence, FenceEvent? Work = null, string? QueueName = null);

/// <summary>Collects what becomes of work that could not complete inside its call, and of the fences and syncobjs that the client
/// signals.</summary>
internal sealed class FenceMoments(XeClock clock, TracePlayer player)
{
    private readonly List<FenceMoment> _moments = [];

    /// <summary>Line of the record being played.</summary>
    public int Line { get; set; }

    public IReadOnlyList<FenceMoment> All => _moments;

    /// <summary>Something happened to work of the device.</summary>
    public void Add(FenceEvent what, string? queue)
    {
        string? suffix = queue ?? (what.Kind == FenceEventKind.Preempted ? $"queue {what.Queue}" : null);
        string label = suffix is null ? what.Fence.ToString() : $"{what.Fence} ({suffix})";
        _moments.Add(new FenceMoment(Line, clock.Now, WordOf(what.Kind), label, what.Fence, what, queue));
    }

    /// <summary>Something happened to a fence that the trace named.</summary>
    public void AddClient(string what, string name, Fence fence) =>
        _moments.Add(new FenceMoment(Line, clock.Now, what, $"fence {name}", fence));

    /// <summary>The client signalled or reset a syncobj itself.</summary>
    /// <param name="point">The point, or 0 for a binary one.</param>
    public void AddSyncobj(string what, uint handle, ulong point = 0) => _moments.Add(
        new FenceMoment(Line, clock.Now, what,
            $"syncobj {player.Names.Describe(HandleKind.Syncobj, handle)}{(point == 0 ? "" : $" point {point}")}", Fence.Signalled));

    private static string WordOf(FenceEventKind kind) => kind switch
    {
        FenceEventKind.UserFence => "user fence written",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
