namespace XePt.Native;

/// <summary>What became of an access.</summary>
[CType("xept_access_result")]
internal struct AccessResult
{
    /// <summary>How it ended.</summary>
    [CEnum(typeof(GpuAccessStatus))]
    public uint Status;

    /// <summary>What the driver has answered a page fault with; 0 when it was serviced or there was none.</summary>
    public int Error;

    /// <summary>Bytes read or written before it ended.</summary>
    public uint Bytes;

    /// <summary>Of them, those in NULL and scratch pages.</summary>
    public uint ScratchBytes;

    /// <summary>Page faults that were raised.</summary>
    public uint Faults;

    /// <summary>Not used.</summary>
    public uint Reserved;

    /// <summary>The last translation: of the page that was in the way, if any was.</summary>
    public TranslationInfo Last;
}

/// <summary>An operation on a word of 4 or 8 bytes.</summary>
[CType("xept_atomic_op")]
internal struct AtomicOp
{
    /// <summary>What is done.</summary>
    [CEnum(typeof(GpuAtomicOperation))]
    public uint Operation;

    /// <summary>4 or 8.</summary>
    public uint Size;

    /// <summary>The operand.</summary>
    public ulong Operand;

    /// <summary>What compare-exchange compares with.</summary>
    public ulong Comparand;
}

/// <summary>One access of several.</summary>
[CType("xept_access_request")]
internal struct AccessRequest
{
    /// <summary>The client, of the device.</summary>
    public ClientHandle Client;

    /// <summary>Its VM.</summary>
    public uint VmId;

    /// <summary>GT that accesses.</summary>
    public uint Gt;

    /// <summary>GPU address; that of an atomic access is aligned to its word.</summary>
    public ulong Va;

    /// <summary>Read, write or atomic.</summary>
    [CEnum(typeof(GpuAccessKind))]
    public uint Kind;

    /// <summary>How many bytes; those of an atomic access receive the old value.</summary>
    public uint Size;

    /// <summary>Where its bytes begin among those of all.</summary>
    public ulong Offset;

    /// <summary>What an atomic access does.</summary>
    public AtomicOp Atomic;
}

/// <summary>A page fault as the firmware reports it.</summary>
[CType("xept_fault")]
internal struct FaultInfo
{
    /// <summary>Page that it faulted at.</summary>
    public ulong PageAddress;

    /// <summary>GT that faulted.</summary>
    public uint Gt;

    /// <summary>Address-space id.</summary>
    public uint Asid;

    /// <summary>What was wanted.</summary>
    [CEnum(typeof(GpuAccessKind))]
    public byte Access;

    /// <summary>0 not present, 1 write violation, 2 atomic violation.</summary>
    public byte Type;

    /// <summary>Level at which the walk ended; 0xff is nacked.</summary>
    public byte Level;

    /// <summary>Class of the engine.</summary>
    public byte EngineClass;

    /// <summary>Number of the engine in its class.</summary>
    public byte EngineInstance;

    /// <summary>Virtual function.</summary>
    public byte VirtualFunction;

    /// <summary>16 bits of the firmware's own.</summary>
    public ushort ProducerData;
}

/// <summary>The answer to a page fault.</summary>
[CType("xept_fault_reply")]
internal struct FaultReply
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>0 when it was serviced, or why not.</summary>
    public int Error;

    /// <summary>The fault.</summary>
    public FaultInfo Fault;
}
