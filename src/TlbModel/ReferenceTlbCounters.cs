namespace XePt;

/// <summary>What a TLB model, or one unit of it, has seen. All values only grow.</summary>
/// <param name="Hits">Look-ups that found a translation.</param>
/// <param name="Misses">Look-ups that walked the tables.</param>
/// <param name="WalkCacheHits">Walks that began below the root.</param>
/// <param name="EntriesRead">Table entries read by walks.</param>
/// <param name="Faults">Walks that found no mapping.</param>
/// <param name="Evicted">Translations that made room for others.</param>
/// <param name="Refused">Translations not kept because a flush came in between.</param>
public record struct TlbUnitCounters(long Hits, long Misses, long WalkCacheHits, long EntriesRead, long Faults, long Evicted, long Refused)
{
    internal readonly TlbUnitCounters Plus(in TlbUnitCounters other) => new(
        Hits + other.Hits,
        Misses + other.Misses,
        WalkCacheHits + other.WalkCacheHits,
        EntriesRead + other.EntriesRead,
        Faults + other.Faults,
        Evicted + other.Evicted,
        Refused + other.Refused);
}

/// <summary>What the flush side of a TLB model has done.</summary>
/// <param name="Invalidations">Invalidations carried out.</param>
/// <param name="Full">Of these, full ones.</param>
/// <param name="TranslationsDropped">Translations they dropped.</param>
/// <param name="DirectoriesDropped">Directory entries they dropped from the page-walk cache.</param>
public record struct TlbFlushCounters(long Invalidations, long Full, long TranslationsDropped, long DirectoriesDropped);
