namespace XePt;

/// <summary>The default sink: every job completes at once, without having done anything.</summary>
public sealed class InstantJobSink : IJobSink
{
    private InstantJobSink()
    {
    }

    /// <summary>The one sink of this kind; it has no state.</summary>
    public static InstantJobSink Instance { get; } = new();

    /// <inheritdoc/>
    public void Submit(XeJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        job.Complete();
    }

    /// <inheritdoc/>
    public override string ToString() => "completes jobs at once";
}
