using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>One line of a trace after the header.</summary>
/// <param name="Line">Its line number.</param>
/// <param name="Name">Name of the ioctl, in capitals, or of the event.</param>
/// <param name="Call">What to do.</param>
/// <param name="Expected">What should come of it, or null.</param>
internal sealed record TraceRecord(int Line, string Name, ITraceCall Call, Expectation? Expected)
{
    /// <summary>The client that makes the call; null for the first.</summary>
    public string? Client { get; init; }

    /// <summary>Its fields, where somebody asks for them.</summary>
    public RecordFields? Fields { get; init; }
}

/// <summary>An ioctl, or an event of the host model, ready to be played.</summary>
internal interface ITraceCall
{
    /// <summary>Whether a client does it, by name or the first one; devices and clients also come when that one has closed.</summary>
    bool IsOfClient => true;

    /// <summary>Does it. Throws <see cref="Input.MalformedRecordException"/> when the record makes no sense in its place.</summary>
    CallResult Play(TracePlayer player);
}

/// <summary>What came of a call.</summary>
/// <param name="Errno">The errno of the ioctl, or of the event.</param>
/// <param name="Why">Why it was refused.</param>
/// <param name="VmId">The VM it was about, or 0.</param>
/// <param name="Text">The call in a few words.</param>
internal readonly record struct CallResult(Errno Errno, Rejection Why, uint VmId, string Text)
{
    /// <summary>What the call gave back beside handles: timeline points, a property, the index of the first signalled object.</summary>
    public IReadOnlyList<ulong> Values { get; init; } = [];

    /// <summary>How an access of the GPU ended, in a word; null for other records.</summary>
    public string? Outcome { get; init; }

    /// <summary>How each access of a batch ended; empty for other records.</summary>
    public IReadOnlyList<string> Outcomes { get; init; } = [];

    /// <summary>The bytes that it read; null when it reads none.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>The fields that the call gave back, by C name; null when it gives none.</summary>
    public StructField? Fields { get; init; }
}
