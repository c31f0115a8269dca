namespace XePt.Tlb;

/// <summary>Tells a tracer what becomes of the invalidations of one GT: of each that was told to be sent once that it is received and once
/// that it is signalled, in order.</summary>
/// <remarks>Concurrency: any thread. Who has brought a line up to a number claims what was not told up to there by compare-exchange, so
/// nothing is told twice. What was in flight when somebody began to listen is told in part.</remarks>
internal struct TlbTrace(int gt)
{
    private ulong _received;
    private ulong _signalled;
    private int _isOn;

    public TlbTracer? Tracer { get; set; }

    /// <summary>An invalidation is sent; complete when nobody has to be told of it.</summary>
    public void Sent(ulong seqno, bool isComplete)
    {
        if (Tracer is not { IsOn: true } tracer)
            return;
        if (Interlocked.Exchange(ref _isOn, 1) == 0)
            Begin(seqno - 1);
        tracer.Sent(gt, seqno);
        if (!isComplete)
            return;
        Received(seqno);
        Signalled(seqno);
    }

    /// <summary>All up to a number are acknowledged.</summary>
    public void Received(ulong seqno)
    {
        if (!TryClaim(ref _received, seqno, out ulong first))
            return;
        for (; first <= seqno; first++)
            Tracer!.Received(gt, first);
    }

    /// <summary>The fences of all up to a number have signalled.</summary>
    public void Signalled(ulong seqno)
    {
        if (!TryClaim(ref _signalled, seqno, out ulong first))
            return;
        for (; first <= seqno; first++)
            Tracer!.Signalled(gt, first);
    }

    /// <summary>One has timed out, and with it all before have signalled.</summary>
    public void TimedOut(ulong seqno)
    {
        if (Tracer is { IsOn: true } tracer)
            tracer.TimedOut(gt, seqno);
        Signalled(seqno);
    }

    private void Begin(ulong known)
    {
        Interlocked.Exchange(ref _received, known);
        Interlocked.Exchange(ref _signalled, known);
    }

    private bool TryClaim(ref ulong told, ulong seqno, out ulong first)
    {
        first = 0;
        if (Tracer is null)
            return false;
        if (!Tracer.IsOn)
        {
            Volatile.Write(ref _isOn, 0);
            return false;
        }

        for (ulong before = Volatile.Read(ref told); Volatile.Read(ref _isOn) != 0 && before < seqno; before = Volatile.Read(ref told))
        {
            first = before + 1;
            if (Interlocked.CompareExchange(ref told, seqno, before) == before)
                return true;
        }

        return false;
    }
}
