namespace XePt.Native;

/// <summary>Choices about a client. All zeros, but for the size, are the defaults.</summary>
[CType("xept_client_options")]
internal unsafe struct ClientOptions
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Where the memory is that ioctls are given pointers into.</summary>
    [CEnum(typeof(ClientFlags))]
    public uint Flags;

    /// <summary>Handed to the callbacks below.</summary>
    public void* User;

    /// <summary>Reads bytes of the client's memory: 0, or not 0 when any of them is not readable, which the ioctl turns into -EFAULT. NULL,
    /// with write: the memory is that of this process.</summary>
    [CParameters("user", "address", "into", "bytes")]
    public delegate* unmanaged<void*, ulong, void*, ulong, int> Read;

    /// <summary>Writes bytes of the client's memory; as read.</summary>
    [CParameters("user", "address", "from", "bytes")]
    public delegate* unmanaged<void*, ulong, ConstBytes*, ulong, int> Write;
}

/// <summary>Choices about a client that are yes or no.</summary>
[Flags, CType("xept_client_flag")]
internal enum ClientFlags : uint
{
    /// <summary>Pointers given to ioctls are good: they are followed without asking the system, and a bad one crashes the process. Without
    /// it the system copies, and a bad pointer is -EFAULT.</summary>
    TrustPointers = 1,

    /// <summary>The client may use what takes privileges (CAP_SYS_NICE).</summary>
    Privileged = 2,

    /// <summary>The client is this process: userptrs and CPU address mirrors are of its memory. Who changes that memory says so before
    /// (xept_process_changing); device memory that its pages live in is the process's memory all the same, whose bytes do not
    /// move.</summary>
    ProcessMemory = 4,
}

/// <summary>Objects that a client has.</summary>
[CType("xept_object_counts")]
internal struct ObjectCounts
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Handles of buffer objects.</summary>
    public uint Bos;

    /// <summary>VMs.</summary>
    public uint Vms;

    /// <summary>Queues.</summary>
    public uint Queues;

    /// <summary>Sync objects.</summary>
    public uint Syncobjs;
}

/// <summary>A buffer object.</summary>
[CType("xept_bo_info")]
internal struct BoInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Number on the device, by which VMAs name it.</summary>
    public uint Number;

    /// <summary>Bytes.</summary>
    public ulong Bytes;

    /// <summary>Regions it may live in, a bit each.</summary>
    public uint Placements;

    /// <summary>Region that it is in now; -1 while it has no memory.</summary>
    public int Region;

    /// <summary>Pieces of memory behind it.</summary>
    public uint SegmentCount;

    /// <summary>1 when it had to leave device memory.</summary>
    public uint IsEvicted;
}

/// <summary>A piece of the memory behind a buffer object.</summary>
[CType("xept_segment")]
internal struct Segment
{
    /// <summary>Offset in the object.</summary>
    public ulong Offset;

    /// <summary>Address of the first byte, as entries name it.</summary>
    public ulong Address;

    /// <summary>Bytes.</summary>
    public ulong Bytes;
}

/// <summary>Why a call failed.</summary>
[CType("xept_failure")]
internal unsafe struct FailureInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>What the call returned: a negative error number.</summary>
    public int Error;

    /// <summary>Index of the bind op that it is about, or -1.</summary>
    public int Op;

    /// <summary>Index of the sync entry that it is about, or -1.</summary>
    public int Sync;

    /// <summary>The value that was refused.</summary>
    public ulong Value;

    /// <summary>The rule of the specification, for example "BIND-074"; "" when it is none of the driver's.</summary>
    public byte* Rule;

    /// <summary>The C name of the field that was refused; "" without one.</summary>
    public byte* Field;

    /// <summary>The whole, as a sentence.</summary>
    public byte* Sentence;
}

/// <summary>Bytes that a callback reads.</summary>
[CType("const void")]
internal readonly struct ConstBytes;
