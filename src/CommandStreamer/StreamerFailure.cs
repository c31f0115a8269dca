namespace XePt;

/// <summary>Why a batch could not go on.</summary>
public enum StreamerFailureKind : byte
{
    /// <summary>Nothing has failed.</summary>
    None,

    /// <summary>A header of no kind of command: nobody knows how long it is.</summary>
    BadHeader,

    /// <summary>The length in a header is too short for its instruction.</summary>
    BadLength,

    /// <summary>A batch has called one more than there are levels.</summary>
    TooDeep,

    /// <summary>Memory that it accesses is not there (<see cref="StreamerFailure.Access"/>).</summary>
    Memory,

    /// <summary>The job has run for longer than <see cref="CommandStreamerOptions.JobTimeout"/>.</summary>
    Timeout,

    /// <summary>The embedder's memory or observer has thrown.</summary>
    Exception,
}

/// <summary>Why a job was ended: its queue is reset, as the driver resets the queue of a batch that hangs or faults.</summary>
/// <param name="Kind">What was wrong.</param>
/// <param name="Queue">The queue, which runs nothing any more.</param>
/// <param name="Seqno">Number of the job on its queue.</param>
/// <param name="Column">Which of its batches.</param>
/// <param name="Head">GPU address of the instruction.</param>
/// <param name="Header">Its first dword; 0 when it could not be read.</param>
public readonly record struct StreamerFailure(
    StreamerFailureKind Kind, ExecQueue Queue, ulong Seqno, int Column, ulong Head, uint Header)
{
    /// <summary>Name of the instruction.</summary>
    public string Instruction { get; init; } = "";

    /// <summary>For <see cref="StreamerFailureKind.Memory"/>, what became of the access.</summary>
    public GpuAccess Access { get; init; }

    /// <summary>For <see cref="StreamerFailureKind.Memory"/>, its GPU address.</summary>
    public ulong Address { get; init; }

    /// <summary>For <see cref="StreamerFailureKind.Memory"/>, whether it read, wrote or was atomic.</summary>
    public GpuAccessKind AccessKind { get; init; }

    /// <summary>A sentence, with addresses in hexadecimal.</summary>
    public override string ToString() => $"job {Seqno} of {Queue}: {Kind switch
    {
        StreamerFailureKind.BadHeader => $"0x{Header:x8} begins no command",
        StreamerFailureKind.BadLength => $"{Instruction} is too short (0x{Header:x8})",
        StreamerFailureKind.TooDeep => $"{Instruction} calls one level too many",
        StreamerFailureKind.Memory => $"{Instruction}: {Verb} at 0x{Address:x}: {Access}",
        StreamerFailureKind.Timeout => $"still running after the time-out, at {Instruction}",
        StreamerFailureKind.Exception => $"the memory of {Instruction} has thrown",
        _ => "nothing failed",
    }} (batch {Column}, 0x{Head:x})";

    private string Verb => AccessKind switch
    {
        GpuAccessKind.Read => "read",
        GpuAccessKind.Write => "write",
        _ => "atomic access",
    };
}
