namespace XePt.Tests.Tlb;

/// <summary>A client that keeps what it receives, and acknowledges at once or when told.</summary>
internal sealed class RecordingTlb(bool acknowledges = true) : ITlbClient
{
    public List<TlbInvalidation> Received { get; } = [];

    /// <summary>Told of each before it is acknowledged.</summary>
    public Action<TlbInvalidation>? Receiving { get; set; }

    public TlbInvalidation Last => Received[^1];

    public void Invalidate(in TlbInvalidation invalidation)
    {
        Received.Add(invalidation);
        Receiving?.Invoke(invalidation);
        if (acknowledges)
            invalidation.Acknowledge();
    }
}
