using XePt.Tlb;

namespace XePt;

/// <summary>One TLB invalidation, as a client receives it. A value; it may be kept until it is acknowledged.</summary>
public readonly struct TlbInvalidation
{
    /// <summary>Wire value that means "no seqno" (PT-184).</summary>
    public const uint NoSeqno = 0x100000;

    /// <summary>Words of a ranged message; a full one has three (PT-180, PT-182).</summary>
    public const int MaxWords = 7;

    private const uint Action = 0x7000;
    private const uint FlushesCaches = 0x80000000;
    private const uint PageSelective = 1;

    private readonly TlbRegistration? _client;
    private readonly TlbInvalidationRange _shape;

    internal TlbInvalidation(int gt, ulong seqno, in TlbRequest request, TlbInvalidationRange shape, TlbRegistration? client)
    {
        (Gt, Seqno, Vm, Start, End, Cause) = (gt, seqno, request.Vm, request.Start, request.End, request.Cause);
        (_shape, _client) = (shape, client);
    }

    /// <summary>GT id, as the device's GT mask numbers them.</summary>
    public int Gt { get; }

    /// <summary>Number of the invalidation on its GT: 1, 2, 3 and so on.</summary>
    public ulong Seqno { get; }

    /// <summary>The number as messages carry it: 1 to 0xfffff, then 1 again (PT-184).</summary>
    public uint WireSeqno => (uint)((Seqno - 1) % (NoSeqno - 1)) + 1;

    /// <summary>The VM whose translations go; with <see cref="IsFull"/>, those of all VMs do.</summary>
    public TlbVm Vm { get; }

    /// <summary>First address that was asked for.</summary>
    public ulong Start { get; }

    /// <summary>End of what was asked for, exclusive.</summary>
    public ulong End { get; }

    /// <summary>First address of what the message names: an aligned power of two that covers <c>[Start, End)</c> (PT-181). 0 when
    /// full.</summary>
    public ulong ShapedStart => _shape.Start;

    /// <summary>Bytes of what the message names; 0 when full.</summary>
    public ulong ShapedLength => _shape.Length;

    /// <summary>All translations of the GT go (PT-180).</summary>
    public bool IsFull => _shape.IsFull;

    /// <summary>Why it was issued.</summary>
    public TlbInvalidationCause Cause { get; }

    /// <summary>A thread is blocked until this is acknowledged: acknowledge inside the call or from another thread.</summary>
    public bool IsSynchronous => Cause is TlbInvalidationCause.Zap or TlbInvalidationCause.Range;

    /// <summary>What was asked for, as a range.</summary>
    public AddressRange Range => new(Start, End);

    /// <summary>True when translations of these addresses of a VM must go.</summary>
    public bool Covers(int vm, AddressRange range) =>
        IsFull || (vm == Vm.Number && (range.Start - ShapedStart < ShapedLength || ShapedStart - range.Start < range.Size));

    /// <summary>For example <c>gt0 #17 bind: vm 1 (asid 1) [0x200000, 0x400000)</c>.</summary>
    public override string ToString() =>
        $"gt{Gt} #{Seqno} {Cause.ToString().ToLowerInvariant()}: {(IsFull ? "everything" : $"{Vm} {Range}")}";

    /// <summary>The client says that no older translation is used any more: acknowledges this invalidation and all earlier ones of the GT.
    /// Any thread, any number of times.</summary>
    public void Acknowledge() => _client?.Acknowledge(Seqno);

    /// <summary>Writes the message to the firmware (PT-182).</summary>
    /// <param name="words">Receives the words; at least <see cref="MaxWords"/>.</param>
    /// <param name="hasReclaimList">A page reclaim list follows, which flushes caches itself; the message then carries no seqno
    /// (PT-194).</param>
    /// <returns>Words written: 7, or 3 of a full invalidation.</returns>
    public int ToWords(Span<uint> words, bool hasReclaimList = false)
    {
        words[0] = Action;
        words[1] = hasReclaimList ? NoSeqno : WireSeqno;
        if (IsFull)
        {
            words[2] = FlushesCaches;
            return 3;
        }

        words[2] = hasReclaimList ? PageSelective : FlushesCaches | PageSelective;
        words[3] = Vm.Asid;
        words[4] = (uint)ShapedStart;
        words[5] = (uint)(ShapedStart >> 32);
        words[6] = _shape.SizeWord;
        return MaxWords;
    }
}
