namespace XePt.Uapi.Checks;

/// <summary>What the property checks of EXEC_QUEUE_CREATE know about the caller and the device.</summary>
internal readonly struct ExecQueuePropertyCheckContext
{
    /// <summary>The highest priority this caller may use.</summary>
    public required uint MaxPriority { get; init; }

    /// <summary>The shortest time slice in microseconds.</summary>
    public required ulong MinTimeslice { get; init; }

    /// <summary>The queue's engines take several queues at once, in groups.</summary>
    public bool CanGroup { get; init; }

    /// <summary>It is a bind queue, which to the driver is of a VM that no client has.</summary>
    public bool IsBindQueue { get; init; }

    /// <summary>The queue runs several batches side by side.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Bytes of a state to replay of the queue's engines.</summary>
    public int ReplayStateBytes { get; init; }

    /// <summary>The longest time slice in microseconds.</summary>
    public required ulong MaxTimeslice { get; init; }
}
