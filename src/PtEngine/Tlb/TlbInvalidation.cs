using XePt.Tlb;

namespace XePt;

/// <summary>One TLB invalidation, as a client receives it. A value; it may be kept until it is acknowledged.</summary>
public readonly struct TlbInvalidation
{
    /// <summary>Wire value that means "no seqno" (PT-184).</summary>
    public const uint NoSeqno = 0x100000;

    /// <summary>Words of a ranged message; a full one has three (PT-180, PT-182).</summary>
    public const int MaxWords = 7;

    /// <summary>Words of the message with a page reclaim list (PT-194).</summary>
    public const int ReclaimWords = 4;

    private const uint Action = 0x7000;
    private const uint ReclaimAction = 0x7003;
    private const uint FlushesCaches = 0x80000000;
    private const uint PageSelective = 1;

    private readonly TlbRegistration? _client;
    private readonly TlbInvalidationRange _shape;
    private readonly ReclaimList? _reclaim;

    internal TlbInvalidation(int gt, ulong seqno, in TlbRequest request, TlbInvalidationRange shape, TlbRegistration? client)
    {
        (Gt, Seqno, Vm, Range, Cause) = (gt, seqno, request.Vm, new AddressRange(request.Start, request.End), request.Cause);
        (_shape, _client, _reclaim) = (shape, client, request.Reclaim);
    }

    /// <summary>GT id, as the device's GT mask numbers them.</summary>
    public int Gt { get; }

    /// <summary>Number of the invalidation on its GT: 1, 2, 3 and so on.</summary>
    public ulong Seqno { get; }

    /// <summary>The number as messages carry it: 1 to 0xfffff, then 1 again (PT-184).</summary>
    public uint WireSeqno => WireSeqnoOf(Seqno);

    /// <summary>The VM whose translations go; with <see cref="IsFull"/>, those of all VMs do.</summary>
    public TlbVm Vm { get; }

    /// <summary>What was asked for.</summary>
    public AddressRange Range { get; }

    /// <summary>What the message names: an aligned power of two of bytes that covers <see cref="Range"/> (PT-181). Empty when
    /// full.</summary>
    public AddressRange Shaped => new(_shape.Start, _shape.Start + _shape.Length);

    /// <summary>All translations of the GT go (PT-180).</summary>
    public bool IsFull => _shape.IsFull;

    /// <summary>Why it was issued.</summary>
    public TlbInvalidationCause Cause { get; }

    /// <summary>A page reclaim list comes with it: of caches of physical memory only the pages in <see cref="ReclaimList"/> must be
    /// flushed, else everything (PT-194). Only on platforms with <see cref="Devices.PlatformInfo.HasPageReclaim"/>.</summary>
    public bool HasReclaimList => _reclaim is not null;

    /// <summary>Its entries, at most 511: bit 0 set, log2 of the page's size in 4 KiB pages in bits 1 to 5 (0, 4 or 9), and the page's
    /// address from bit 12 on (PT-192). Empty without one. Valid until the invalidation is acknowledged.</summary>
    public ReadOnlySpan<ulong> ReclaimList => _reclaim is { } list ? list.Entries : default;

    /// <summary>A thread is blocked until this is acknowledged: acknowledge inside the call or from another thread.</summary>
    public bool IsSynchronous => Cause is TlbInvalidationCause.Zap or TlbInvalidationCause.Range;

    /// <summary>True when translations of these addresses of a VM must go.</summary>
    public bool Covers(int vm, AddressRange range) =>
        IsFull || (vm == Vm.Number && Shaped.Overlaps(range));

    /// <summary>For example <c>gt0 #17 bind: vm 1 (asid 1) [0x200000, 0x400000)</c>.</summary>
    public override string ToString() =>
        $"gt{Gt} #{Seqno} {Cause.ToString().ToLowerInvariant()}: {(IsFull ? "everything" : $"{Vm} {Range}")}";

    internal static uint WireSeqnoOf(ulong seqno) => (uint)((seqno - 1) % (NoSeqno - 1)) + 1;

    /// <summary>The client says that no older translation is used any more: acknowledges this invalidation and all earlier ones of the GT.
    /// Any thread, any number of times.</summary>
    public void Acknowledge() => _client?.Acknowledge(Seqno);

    /// <summary>Writes the message to the firmware (PT-182).</summary>
    /// <param name="words">Receives the words; at least <see cref="MaxWords"/>.</param>
    /// <param name="hasReclaimList">The message with the list follows (<see cref="ToReclaimWords"/>), which flushes caches itself and
    /// carries the seqno in place of this one (PT-194).</param>
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
        words[4] = (uint)_shape.Start;
        words[5] = (uint)(_shape.Start >> 32);
        words[6] = _shape.SizeWord;
        return MaxWords;
    }

    /// <summary>Writes the message that hands the page reclaim list to the firmware, behind the one of <see cref="ToWords"/>
    /// (PT-194).</summary>
    /// <param name="words">Receives the words; at least <see cref="ReclaimWords"/>.</param>
    /// <param name="listAddress">Where the caller has put the list: <see cref="ReclaimList"/>, and a zero behind it.</param>
    /// <returns>Words written.</returns>
    /// <exception cref="InvalidOperationException">No list comes with the invalidation.</exception>
    public int ToReclaimWords(Span<uint> words, ulong listAddress)
    {
        if (!HasReclaimList)
            throw new InvalidOperationException("no page reclaim list comes with this invalidation");
        (words[0], words[1]) = (ReclaimAction, WireSeqno);
        (words[2], words[3]) = ((uint)listAddress, (uint)(listAddress >> 32));
        return ReclaimWords;
    }
}
