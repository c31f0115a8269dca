using XePt.Tlb;

namespace XePt;

/// <summary>A client's place at a GT. Dispose it to leave: that counts as having acknowledged everything.</summary>
/// <remarks>Concurrency: <see cref="Acknowledge"/> raises one word by an interlocked exchange and then looks whether a fence became due;
/// see <see cref="TlbPort"/>.</remarks>
public sealed class TlbRegistration : IDisposable
{
    /// <summary>The client owes nothing: it is not active yet, or it has left.</summary>
    internal const ulong OwesNothing = ulong.MaxValue;

    private readonly TlbPort _port;
    private ulong _acknowledged = OwesNothing;
    private ulong _received;

    internal TlbRegistration(TlbPort port, ITlbClient client) => (_port, Client) = (port, client);

    /// <summary>The client.</summary>
    public ITlbClient Client { get; }

    /// <summary>GT id.</summary>
    public int Gt => _port.Gt;

    /// <summary>Newest invalidation the client has acknowledged; <see cref="ulong.MaxValue"/> after it has left.</summary>
    public ulong Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Newest invalidation that was handed to the client.</summary>
    public ulong Received => Volatile.Read(ref _received);

    /// <summary>Acknowledges every invalidation up to one. Any thread; going back does nothing.</summary>
    /// <param name="seqno">The newest one; it must have been handed to the client.</param>
    public void Acknowledge(ulong seqno)
    {
        ulong seen = Acknowledged;
        if (seen >= seqno)
            return;

        ArgumentOutOfRangeException.ThrowIfGreaterThan(seqno, Received);
        while (seen < seqno)
        {
            ulong found = Interlocked.CompareExchange(ref _acknowledged, seqno, seen);
            if (found == seen)
            {
                _port.Acknowledged();
                return;
            }

            seen = found;
        }
    }

    /// <summary>Acknowledges by the number a message carries: everything up to the newest invalidation with this number (PT-184).</summary>
    /// <param name="wireSeqno">1 to 0xfffff; it stands for the nearest invalidation that the client has received.</param>
    public void AcknowledgeWire(uint wireSeqno)
    {
        ArgumentOutOfRangeException.ThrowIfZero(wireSeqno);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(wireSeqno, TlbInvalidation.NoSeqno);
        const ulong Period = TlbInvalidation.NoSeqno - 1;
        ulong received = Received;
        ulong behind = (((received - 1) % Period) + 1 + Period - wireSeqno) % Period;
        // More than half the numbers behind means ahead: not received yet, so not this client's to acknowledge.
        if (received == 0 || behind > Period / 2 || behind >= received)
            throw new ArgumentOutOfRangeException(nameof(wireSeqno), wireSeqno, "the client has not received this invalidation");
        Acknowledge(received - behind);
    }

    /// <summary>Leaves the GT. The client must use no translation any more; a delivery in progress may still reach it.</summary>
    public void Dispose() => _port.Remove(this);

    /// <summary>From now on the client owes the acknowledgement of everything after a point.</summary>
    internal void Activate(ulong after) => Interlocked.Exchange(ref _acknowledged, after);

    /// <summary>The client owes nothing any more.</summary>
    internal void Leave() => Interlocked.Exchange(ref _acknowledged, OwesNothing);

    /// <summary>Hands an invalidation over. One call at a time.</summary>
    internal void Deliver(int gt, ulong seqno, in TlbRequest request, TlbInvalidationRange shape)
    {
        Volatile.Write(ref _received, seqno);
        Client.Invalidate(new TlbInvalidation(gt, seqno, request, shape, this));
    }

    /// <summary>For example <c>client of gt0: received 7, acknowledged 6</c>.</summary>
    public override string ToString() => $"client of gt{Gt}: received {Received}, acknowledged {Acknowledged}";
}
