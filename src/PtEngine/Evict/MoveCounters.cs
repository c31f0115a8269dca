namespace XePt;

/// <summary>What memory management of a device has done so far. All values only grow.</summary>
public readonly record struct MoveCounters
{
    /// <summary>BOs with content that changed place, for whatever reason.</summary>
    public long Moves { get; init; }

    /// <summary>Moves of a BO out of device memory, to make room or because the embedder asked (EVT-009, EVT-012).</summary>
    public long Evictions { get; init; }

    /// <summary>Bytes of the evicted BOs.</summary>
    public long EvictedBytes { get; init; }

    /// <summary>Moves refused with -EBUSY (EVT-003).</summary>
    public long BusyMoves { get; init; }

    /// <summary>Times a VM rebound what had moved (BIND-264, BIND-265).</summary>
    public long Rebinds { get; init; }

    /// <summary>Times the queues of a preempt-fence VM were stopped (EVT-006).</summary>
    public long Preemptions { get; init; }
}
