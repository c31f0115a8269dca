namespace XePt.Native;

/// <summary>A TLB invalidation.</summary>
[CType("xept_invalidation")]
internal unsafe struct InvalidationInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>GT.</summary>
    public uint Gt;

    /// <summary>Who gets it.</summary>
    public TlbHandle Tlb;

    /// <summary>Number on the GT: 1, 2, 3 and so on.</summary>
    public ulong Seqno;

    /// <summary>First address.</summary>
    public ulong Start;

    /// <summary>Address behind the last.</summary>
    public ulong End;

    /// <summary>First address that the message names: an aligned power of two of bytes that covers the others.</summary>
    public ulong ShapedStart;

    /// <summary>Address behind the last that it names.</summary>
    public ulong ShapedEnd;

    /// <summary>VM whose translations go, as xept_vm_describe numbers it.</summary>
    public uint Vm;

    /// <summary>Its address-space id.</summary>
    public uint Asid;

    /// <summary>Why it was issued.</summary>
    [CEnum(typeof(TlbInvalidationCause))]
    public uint Cause;

    /// <summary>What else is to be said of it.</summary>
    [CEnum(typeof(InvalidationFlags))]
    public uint Flags;

    /// <summary>Entries of the page reclaim list, if it has one; they end with the callback.</summary>
    public ulong* Reclaim;

    /// <summary>How many they are.</summary>
    public uint ReclaimCount;

    /// <summary>The number as messages carry it.</summary>
    public uint WireSeqno;
}

/// <summary>What else is to be said of a TLB invalidation.</summary>
[Flags, CType("xept_invalidation_flag")]
internal enum InvalidationFlags : uint
{
    /// <summary>All translations of the GT go.</summary>
    Full = 1,

    /// <summary>A thread is blocked until the acknowledgement.</summary>
    Synchronous = 2,

    /// <summary>Only the pages of the reclaim list have to leave the caches.</summary>
    ReclaimList = 4,
}
