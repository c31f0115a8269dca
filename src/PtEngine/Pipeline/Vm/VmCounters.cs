namespace XePt;

/// <summary>What a VM has done so far. All values only grow.</summary>
public record struct VmCounters
{
    /// <summary>Requests whose page-table part ran.</summary>
    public long Commits { get; set; }

    /// <summary>Entries written into tables that walkers can see.</summary>
    public long EntriesPublished { get; set; }

    /// <summary>Tables made.</summary>
    public long TablesMade { get; set; }

    /// <summary>Tables unlinked; each is freed when no walker can be in it any more.</summary>
    public long TablesRetired { get; set; }

    /// <summary>Tables freed. Without walkers on other threads a request frees what it retires.</summary>
    public long TablesFreed { get; set; }

    /// <summary>TLB invalidations that were part of a request (PT-178), one per GT.</summary>
    public long RequestInvalidations { get; set; }

    /// <summary>TLB invalidations issued by zaps of VMAs (PT-117), one per VMA whose entries were zeroed.</summary>
    public long ZapInvalidations { get; set; }

    /// <summary>Userptrs that a change of the CPU's pages has met (UPTR-020).</summary>
    public long UserptrInvalidations { get; set; }

    /// <summary>Userptrs whose pages were pinned anew by a fault, EXEC or the rebind worker (UPTR-030 to UPTR-033).</summary>
    public long UserptrRepins { get; set; }

    /// <summary>TLB invalidations issued by zaps of SVM ranges in calls: advice and zaps of an embedder's own (PT-118), one per range whose
    /// entries were zeroed. What a change of the process's memory zaps comes from any thread and is counted by the GTs, as the driver
    /// counts it (svm_tlb_inval_count, SVM-144), which advice does not count in.</summary>
    public long RangeInvalidations { get; set; }

    /// <summary>Jobs that flush their engine's TLB before they start (PT-176).</summary>
    public long BatchInvalidations { get; set; }

    /// <summary>Warnings the reference would have raised, for example for PT-080.</summary>
    public long Warnings { get; set; }
}
