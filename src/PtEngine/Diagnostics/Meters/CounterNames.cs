namespace XePt.Diagnostics;

/// <summary>Names of the counters: those of the driver's GT statistics, then what a VM counts, then what a device does.</summary>
internal static class CounterNames
{
    public const string Vms = "vms", TablesInUse = "tables_in_use";
    public const string Moves = "bo_moves", Evictions = "bo_evictions", EvictedBytes = "bo_evicted_bytes", BusyMoves = "bo_busy_moves";
    public const string Rebinds = "vm_rebinds", Preemptions = "vm_preemptions";
    public const string Commits = "vm_commits", EntriesPublished = "vm_entries_published", TablesMade = "vm_tables_made";
    public const string TablesRetired = "vm_tables_retired", TablesFreed = "vm_tables_freed", Warnings = "vm_warnings";
    public const string RequestInvalidations = "vm_request_invalidations", ZapInvalidations = "vm_zap_invalidations";
    public const string RangeInvalidations = "vm_range_invalidations", BatchInvalidations = "vm_batch_invalidations";
    public const string UserptrInvalidations = "vm_userptr_invalidations", UserptrRepins = "vm_userptr_repins";

    /// <summary>All of them, each once.</summary>
    public static readonly string[] All =
    [
        .. GtStatistics.Names,
        Commits, EntriesPublished, TablesMade, TablesRetired, TablesFreed, RequestInvalidations, ZapInvalidations, RangeInvalidations,
        BatchInvalidations, UserptrInvalidations, UserptrRepins, Warnings,
        Moves, Evictions, EvictedBytes, BusyMoves, Rebinds, Preemptions, Vms, TablesInUse,
    ];

    /// <summary>The counter also falls.</summary>
    public static bool IsGauge(string name) => name is Vms or TablesInUse;
}
