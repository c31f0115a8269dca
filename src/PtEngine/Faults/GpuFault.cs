using XePt.Uapi;

namespace XePt;

/// <summary>A page fault as the firmware reports it (specification 04 section 3.1).</summary>
public readonly record struct GpuFault
{
    /// <summary>Words of a message (FLT-001).</summary>
    public const int MessageWords = 4;

    /// <summary>The level of a fault that is to be nacked (FLT-003, FLT-030).</summary>
    public const byte NackLevel = 0xff;

    private const uint TrvaFault = 1u << 18;
    private const uint IsValid = 1;
    private const uint Unsuccessful = 1u << 1;
    private const uint ResponseDescriptor = 2u << 10;

    /// <summary>GT that faulted.</summary>
    public int Gt { get; init; }

    /// <summary>Page that it faulted at.</summary>
    public ulong PageAddress { get; init; }

    /// <summary>Address-space id, 20 bits.</summary>
    public uint Asid { get; init; }

    /// <summary>What was wanted; the fourth value behaves as a write (FLT-005).</summary>
    public GpuAccessKind Access { get; init; }

    /// <summary>0 not present, 1 write violation, 2 atomic violation; shown and otherwise ignored (FLT-006).</summary>
    public byte Type { get; init; }

    /// <summary>Level of the tables at which the walk ended; <see cref="NackLevel"/> is nacked, the others are only shown.</summary>
    public byte Level { get; init; }

    /// <summary>Class of the engine.</summary>
    public byte EngineClass { get; init; }

    /// <summary>Number of the engine in its class.</summary>
    public byte EngineInstance { get; init; }

    /// <summary>Virtual function, echoed in the reply.</summary>
    public byte VirtualFunction { get; init; }

    /// <summary>16 bits of the firmware's own, echoed in the reply.</summary>
    public ushort ProducerData { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Access} of 0x{PageAddress:x} by GT {Gt}, asid {Asid}"
        + (Level == NackLevel ? ", to be nacked" : "");

    /// <summary>Decodes a message (FLT-001 to FLT-003).</summary>
    /// <param name="gt">GT that it comes from.</param>
    /// <param name="words">The message.</param>
    /// <param name="fault">What it says.</param>
    /// <returns>Ok, or -EPROTO when it has another number of words than <see cref="MessageWords"/>.</returns>
    public static Errno TryDecode(int gt, ReadOnlySpan<uint> words, out GpuFault fault)
    {
        fault = default;
        if (words.Length != MessageWords)
            return Errno.EPROTO;
        fault = new GpuFault
        {
            Gt = gt,
            Level = (words[0] & TrvaFault) != 0 ? NackLevel : (byte)(words[0] & 7),
            EngineInstance = (byte)((words[0] >> 19) & 0x3f),
            EngineClass = (byte)((words[0] >> 25) & 7),
            ProducerData = (ushort)((words[0] >> 28) | ((words[1] & 0xfff) << 4)),
            Asid = words[1] >> 12,
            Access = (GpuAccessKind)(words[2] & 3),
            Type = (byte)((words[2] >> 2) & 3),
            VirtualFunction = (byte)((words[2] >> 4) & 0x3f),
            PageAddress = (words[2] & ~0xfffu) | ((ulong)words[3] << 32),
        };
        return Errno.Ok;
    }

    /// <summary>The message that <see cref="TryDecode"/> decodes.</summary>
    /// <param name="words">Receives <see cref="MessageWords"/> words.</param>
    public void ToWords(Span<uint> words)
    {
        uint level = Level == NackLevel ? TrvaFault : Level & 7u;
        words[0] = level | ((uint)EngineInstance << 19) | ((uint)EngineClass << 25) | ((uint)ProducerData << 28);
        words[1] = ((uint)ProducerData >> 4) | (Asid << 12);
        words[2] = (uint)Access | ((uint)Type << 2) | ((uint)VirtualFunction << 4) | ((uint)PageAddress & ~0xfffu);
        words[3] = (uint)(PageAddress >> 32);
    }

    /// <summary>The reply as the firmware gets it (FLT-016).</summary>
    /// <param name="isUnsuccessful">Servicing the fault has failed.</param>
    /// <param name="words">Receives two words.</param>
    public void ToReplyWords(bool isUnsuccessful, Span<uint> words)
    {
        words[0] = IsValid | (isUnsuccessful ? Unsuccessful : 0) | ResponseDescriptor | (Asid << 12);
        words[1] = VirtualFunction | ((uint)EngineInstance << 7) | ((uint)EngineClass << 13) | ((uint)ProducerData << 16);
    }
}

/// <summary>The answer to a fault.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Why">Why it was not serviced; not rejected when it was. The firmware learns only whether it was (FLT-016).</param>
public readonly record struct GpuFaultReply(GpuFault Fault, Rejection Why)
{
    /// <summary>What servicing returned.</summary>
    public Errno Error => Why.Errno;

    /// <inheritdoc/>
    public override string ToString() => $"{Fault}: {(Why.IsRejected ? Why.ToString() : "serviced")}";
}

/// <summary>Gets the answers to faults (HST-037).</summary>
/// <remarks>Called once for each fault that was accepted and not squashed by a reset, on the thread that services the queue, inside no VM.
/// It may raise faults and make calls.</remarks>
public interface IGpuFaultSink
{
    /// <summary>A fault is answered.</summary>
    void Reply(in GpuFaultReply reply);
}
