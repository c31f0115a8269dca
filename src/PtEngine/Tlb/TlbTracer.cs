namespace XePt.Tlb;

/// <summary>Is told what becomes of invalidations (PT-202), on the thread that brings it about; any number of threads at once. Must not
/// call the engine.</summary>
internal abstract class TlbTracer
{
    /// <summary>Somebody wants to know.</summary>
    public abstract bool IsOn { get; }

    /// <summary>An invalidation is sent.</summary>
    public abstract void Sent(int gt, ulong seqno);

    /// <summary>Every client has acknowledged it.</summary>
    public abstract void Received(int gt, ulong seqno);

    /// <summary>Its fence has signalled.</summary>
    public abstract void Signalled(int gt, ulong seqno);

    /// <summary>It has timed out.</summary>
    public abstract void TimedOut(int gt, ulong seqno);

    /// <summary>A client has thrown, which is about to leave the engine.</summary>
    public abstract void Failed(Exception thrown);
}
