namespace XePt.Evict;

/// <summary>Counts what memory management does. Any thread.</summary>
internal sealed class MoveTally
{
    private long _moves, _evictions, _evictedBytes, _busy, _rebinds, _preemptions;

    public void CountMove() => Interlocked.Increment(ref _moves);

    public void CountEviction(ulong bytes)
    {
        Interlocked.Increment(ref _evictions);
        Interlocked.Add(ref _evictedBytes, (long)bytes);
    }

    public void CountBusy() => Interlocked.Increment(ref _busy);

    public void CountRebind() => Interlocked.Increment(ref _rebinds);

    public void CountPreemption() => Interlocked.Increment(ref _preemptions);

    public MoveCounters Read() => new()
    {
        Moves = Volatile.Read(ref _moves),
        Evictions = Volatile.Read(ref _evictions),
        EvictedBytes = Volatile.Read(ref _evictedBytes),
        BusyMoves = Volatile.Read(ref _busy),
        Rebinds = Volatile.Read(ref _rebinds),
        Preemptions = Volatile.Read(ref _preemptions),
    };
}
