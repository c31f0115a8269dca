namespace XePt.Tlb;

/// <summary>The counters of one GT while they are being counted, by any thread.</summary>
internal sealed class TlbTally
{
    private readonly long[] _byCause = new long[Enum.GetValues<TlbInvalidationCause>().Length];
    private long _full;
    private long _timeouts;
    private long _resets;
    private ulong _bytesAsked;
    private ulong _bytesShaped;

    public void Issued(in TlbRequest request, TlbInvalidationRange shape)
    {
        Interlocked.Increment(ref _byCause[(int)request.Cause]);
        Interlocked.Add(ref _bytesAsked, request.End - request.Start);
        if (shape.IsFull)
            Interlocked.Increment(ref _full);
        else
            Interlocked.Add(ref _bytesShaped, shape.Length);
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
