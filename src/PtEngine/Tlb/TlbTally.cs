namespace XePt.Tlb;

/// <summary>The counters of one GT while they are being counted.</summary>
/// <remarks>Concurrency: any thread counts and any thread reads. Reading adds what the VMs have counted themselves
/// (<see cref="TlbVmTally"/>).</remarks>
internal sealed class TlbTally(bool hasRanges)
{
    private TlbCount _count;
    private long _ofRanges;
    private long _ofBatches;
    private long _timeouts;
    private long _resets;

    /// <summary>An invalidation is being issued.</summary>
    public void Issued(in TlbRequest request)
    {
        bool isBatch = request.Cause == TlbInvalidationCause.Exec;
        _count.AddShared(isBatch ? 0 : 1, request.End - request.Start, request.Shape(hasRanges));
        if (isBatch)
            Interlocked.Increment(ref _ofBatches);
        else if (request.Cause == TlbInvalidationCause.Range)
            Interlocked.Increment(ref _ofRanges);
    }

    public void TimedOut() => Interlocked.Increment(ref _timeouts);

    public void WasReset() => Interlocked.Increment(ref _resets);

    /// <param name="ofVms">What VMs have counted for the GT.</param>
    public TlbCounters Read(TlbCount ofVms)
    {
        ofVms.Add(_count);
        return new TlbCounters(
            ofVms.Messages,
            Volatile.Read(ref _ofRanges),
            Volatile.Read(ref _ofBatches),
            ofVms.Full,
            Volatile.Read(ref _timeouts),
            Volatile.Read(ref _resets),
            (long)ofVms.BytesAsked,
            (long)ofVms.BytesShaped);
    }
}
