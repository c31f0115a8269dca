namespace XePt.Native;

/// <summary>What a recorder keeps. All zeros, but for the size, are the defaults.</summary>
[CType("xept_recorder_options")]
internal unsafe struct RecorderOptions
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Choices that are yes or no.</summary>
    [CEnum(typeof(RecorderFlags))]
    public uint Flags;

    /// <summary>Events that are kept, 32 bytes each, rounded up to a power of two, 16777216 at most; 0 for 65536.</summary>
    public uint Records;

    /// <summary>Not used.</summary>
    public uint Reserved;

    /// <summary>What the events that are kept are about; 0 for everything.</summary>
    [CEnum(typeof(Diagnostics.XeEventGroups))]
    public ulong Groups;

    /// <summary>File that is written to when something goes wrong inside a call that no errno of the driver stands for; NULL for
    /// none.</summary>
    public byte* FailurePath;
}

/// <summary>Choices about a recorder that are yes or no.</summary>
[Flags, CType("xept_recorder_flag")]
internal enum RecorderFlags : uint
{
    /// <summary>Keep accepted calls, their stages, validated BOs and TLB invalidations, too: as dear as a small call itself.</summary>
    Verbose = 1,

    /// <summary>Events carry real time; without it that of the device's clock.</summary>
    RealTime = 2,
}

/// <summary>What a VM has done so far. All values only grow.</summary>
[CType("xept_vm_counter_values")]
internal struct VmCounterValues
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Not used.</summary>
    public uint Reserved;

    /// <summary>Requests whose page-table part ran.</summary>
    public ulong Commits;

    /// <summary>Entries written into tables that walkers can see.</summary>
    public ulong EntriesPublished;

    /// <summary>Tables made.</summary>
    public ulong TablesMade;

    /// <summary>Tables unlinked; each is freed when no walker can be in it any more.</summary>
    public ulong TablesRetired;

    /// <summary>Tables freed.</summary>
    public ulong TablesFreed;

    /// <summary>TLB invalidations that were part of a request, one per GT.</summary>
    public ulong RequestInvalidations;

    /// <summary>TLB invalidations issued by zaps of VMAs, one per VMA whose entries were zeroed.</summary>
    public ulong ZapInvalidations;

    /// <summary>Userptrs that a change of the CPU's pages has met.</summary>
    public ulong UserptrInvalidations;

    /// <summary>Userptrs whose pages were pinned anew by a fault, EXEC or the rebind worker.</summary>
    public ulong UserptrRepins;

    /// <summary>TLB invalidations issued by zaps of SVM ranges in calls, one per range whose entries were zeroed. What a change of the
    /// process's memory zaps is not among them.</summary>
    public ulong RangeInvalidations;

    /// <summary>Jobs that flush their engine's TLB before they start.</summary>
    public ulong BatchInvalidations;

    /// <summary>Warnings that the driver would have written to its log.</summary>
    public ulong Warnings;
}
