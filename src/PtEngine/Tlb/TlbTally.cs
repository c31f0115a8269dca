namespace XePt.Tlb;

/// <summary>The counters of one GT while they are being counted.</summary>
/// <remarks>Concurrency: invalidations are counted by whoever delivers them, in order and so one at a time; time-outs and resets by any thread. Any
/// thread reads.</remarks>
internal sealed class TlbTally
{
    private readonly long[] _byCause = new long[Enum.GetValues<TlbInvalidationCause>().Length];
    private long _full;
    private long _timeouts;
    private long _resets;
    private ulong _bytesAsked;
    private ulong _bytesShaped;

    /// <summary>An invalidation is being delivered.</summary>
    public void Delivered(in TlbRequest request, TlbInvalidationRange shape)
    {
        _byCause[(int)request.Cause]++;
        _bytesAsked += request.End - request.Start;
        _full += shape.IsFull ? 1 : 0;
        _bytesShaped += shape.Length;
    }

    public void TimedOut() => Interlocked.Increment(ref _timeouts);

    public void WasReset() => Interlocked.Increment(ref _resets);

    public TlbCounters Read()
    {
        long flushes = Of(TlbInvalidationCause.Exec);
        long issued = 0;
        for (int cause = 0; cause < _byCause.Length; cause++)
            issued += Of((TlbInvalidationCause)cause);
        return new TlbCounters(
            issued - flushes,
            Of(TlbInvalidationCause.Range),
            flushes,
            Volatile.Read(ref _full),
            Volatile.Read(ref _timeouts),
            Volatile.Read(ref _resets),
            (long)Volatile.Read(ref _bytesAsked),
            (long)Volatile.Read(ref _bytesShaped));
    }

    private long Of(TlbInvalidationCause cause) => Volatile.Read(ref _byCause[(int)cause]);
}
