namespace XePt.Cli.Stress;

/// <summary>What a stress run did and found.</summary>
internal sealed record StressResult
{
    public required double Seconds { get; init; }

    public required long Binds { get; init; }

    public required long Unbinds { get; init; }

    public required long Deferred { get; init; }

    public required long Zaps { get; init; }

    public required long BusyZaps { get; init; }

    public required long Faults { get; init; }

    public required long Translations { get; init; }

    public required long TlbHits { get; init; }

    public required long TlbMisses { get; init; }

    public required long Invalidations { get; init; }

    public required long Violations { get; init; }

    public required IReadOnlyList<CoherenceViolation> First { get; init; }

    public required long Unjudged { get; init; }

    public required long TablesRetired { get; init; }

    public required long TablesRecycled { get; init; }

    /// <summary>Tables and bytes of BOs still in use after everything was closed.</summary>
    public required long TablesLeaked { get; init; }

    public required long MemoryPeak { get; init; }

    /// <summary>Table memory taken from the host after the first quarter of the run.</summary>
    public required long MemoryGrowth { get; init; }

    /// <summary>What a thread ended with, or null.</summary>
    public required string? Failure { get; init; }

    public bool IsGood => Violations == 0 && TablesLeaked == 0 && Failure is null;
}
