namespace XePt.Cli.Import;

/// <summary>One line of a log: a system call that matters.</summary>
/// <param name="Line">Line of the log.</param>
/// <param name="Process">Number of the process that made it; empty when the log does not say.</param>
/// <param name="Kind">Which call.</param>
internal sealed record RecordedCall(int Line, string Process, RecordedKind Kind)
{
    /// <summary>The descriptor that it is about.</summary>
    public int Descriptor { get; init; }

    /// <summary>The open file behind the descriptor, as the recorder numbers them; null when it is none of a device's.</summary>
    public string? File { get; init; }

    /// <summary>Path of the file, or empty.</summary>
    public string Path { get; init; } = "";

    /// <summary>Of a dup the new descriptor, of a fork the new process.</summary>
    public string Made { get; init; } = "";

    /// <summary>Of an ioctl: the request code.</summary>
    public uint Request { get; init; }

    /// <summary>What it returned: 0, or a negative errno.</summary>
    public int Errno { get; init; }

    /// <summary>The argument before the call.</summary>
    public byte[] In { get; init; } = [];

    /// <summary>The argument after it; that before it when the driver gives nothing back.</summary>
    public byte[] Out { get; init; } = [];

    /// <summary>What addresses in the argument lead to.</summary>
    public IReadOnlyDictionary<ulong, byte[]> Memory { get; init; } = new Dictionary<ulong, byte[]>();

    /// <summary>What it did to the memory of its process.</summary>
    public MemoryChange? Change { get; init; }

    /// <summary>The same with an argument of another size: as the kernel takes one of a program that was built with another uAPI, with
    /// zeros behind it.</summary>
    public RecordedCall OfSize(int size) => size == In.Length ? this : this with { In = Resize(In, size), Out = Resize(Out, size) };

    private static byte[] Resize(byte[] bytes, int size)
    {
        Array.Resize(ref bytes, size);
        return bytes;
    }
}

/// <summary>System calls of a log.</summary>
internal enum RecordedKind
{
    /// <summary>A request to DRM.</summary>
    Ioctl,

    /// <summary>Memory changes.</summary>
    Memory,

    /// <summary>A device is opened.</summary>
    Open,

    /// <summary>A descriptor is closed.</summary>
    Close,

    /// <summary>A descriptor gets another number beside its own.</summary>
    Dup,

    /// <summary>A process makes another, which has its descriptors.</summary>
    Fork,

    /// <summary>A process ends.</summary>
    Exit,
}
