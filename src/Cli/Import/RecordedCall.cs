namespace XePt.Cli.Import;

/// <summary>One line of a log: an ioctl with its memory, or another system call that matters.</summary>
/// <param name="Line">Line of the log.</param>
/// <param name="Client">Who made it: process and open file.</param>
/// <param name="Request">The request code; 0 of a munmap.</param>
/// <param name="Errno">What it returned: 0, or a negative errno.</param>
internal sealed record RecordedCall(int Line, string Client, uint Request, int Errno)
{
    /// <summary>The argument before the call.</summary>
    public byte[] In { get; init; } = [];

    /// <summary>The argument after it; that before it when the driver gives nothing back.</summary>
    public byte[] Out { get; init; } = [];

    /// <summary>What addresses in the argument lead to.</summary>
    public IReadOnlyDictionary<ulong, byte[]> Memory { get; init; } = new Dictionary<ulong, byte[]>();

    /// <summary>Of a munmap: what went away.</summary>
    public AddressRange Unmapped { get; init; }
}
