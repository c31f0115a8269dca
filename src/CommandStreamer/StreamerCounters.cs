namespace XePt;

/// <summary>What a command streamer has done so far.</summary>
public readonly record struct StreamerCounters
{
    /// <summary>Jobs that came to their end.</summary>
    public long JobsCompleted { get; init; }

    /// <summary>Jobs that failed and took their queue with them.</summary>
    public long JobsFailed { get; init; }

    /// <summary>Instructions executed, stepped over, or tried once more after a wait.</summary>
    public long Instructions { get; init; }

    /// <summary>Instructions stepped over; <see cref="CommandStreamer.SteppedOver"/> says which.</summary>
    public long SteppedOver { get; init; }

    /// <summary>Accesses to memory, fetches included.</summary>
    public long Accesses { get; init; }

    /// <summary>Bytes that they moved.</summary>
    public long Bytes { get; init; }

    /// <summary>Page faults that they had.</summary>
    public long Faults { get; init; }

    /// <summary>Looks at a semaphore that had to be taken again, and rounds of loops that only wait.</summary>
    public long Waits { get; init; }

    /// <summary>All of them.</summary>
    public override string ToString() =>
        $"{JobsCompleted} jobs completed, {JobsFailed} failed, {Instructions} instructions ({SteppedOver} stepped over), "
        + $"{Accesses} accesses of {Bytes} bytes with {Faults} faults, {Waits} waits";
}
