using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;

namespace XePt.Uapi.Formats;

/// <summary>Xe_LP and Xe_LP+ (TGL, RKL, ADL, DG1): two PAT bits, no atomics bit, no compact tables.</summary>
[PteFormat(PteFormatId.XeLp)]
public readonly partial struct XeLpFormat
{
    /// <summary>4 KiB leaf, in a normal level-0 table.</summary>
    [PteEntry(PteEntryKind.Leaf4K)]
    [PteField("XE_PAGE_PRESENT", 0, Present, "PT-016")]
    [PteField("XE_PAGE_RW", 1, Writable, "PT-024")]
    [PteField("reserved", 2, MustBeZero, "PT-016")]
    [PteField("XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-021")]
    [PteField("XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-021")]
    [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
    [PteField("reserved", 7, MustBeZero, "PT-020")]
    [PteField("XE_PTE_PS64", 8, Ps64, "PT-079")]
    [PteField("XE_PTE_NULL", 9, Null, "PT-024")]
    [PteField("reserved", 10, MustBeZero, "PT-034")]
    [PteField("XE_PPGTT_PTE_DM", 11, DeviceMemory, "PT-031")]
    [PteField("address", 12, 51, Address, "PT-016")]
    [PteField("reserved", 52, 60, MustBeZero, "PT-016")]
    [PteField("reserved", 61, 62, MustBeZero, "PT-020")]
    [PteField("reserved", 63, MustBeZero, "PT-016")]
    public static partial PteLayout Leaf4K { get; }

    /// <summary>2 MiB leaf, at level 1.</summary>
    [PteEntry(PteEntryKind.Leaf2M)]
    [PteField("XE_PAGE_PRESENT", 0, Present, "PT-016")]
    [PteField("XE_PAGE_RW", 1, Writable, "PT-024")]
    [PteField("reserved", 2, MustBeZero, "PT-016")]
    [PteField("XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-021")]
    [PteField("XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-021")]
    [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
    [PteField("XE_PDE_PS_2M", 7, PageSize, "PT-023")]
    [PteField("reserved", 8, MustBeZero, "PT-016")]
    [PteField("XE_PTE_NULL", 9, Null, "PT-024")]
    [PteField("reserved", 10, MustBeZero, "PT-034")]
    [PteField("XE_PPGTT_PTE_DM", 11, DeviceMemory, "PT-031")]
    [PteField("reserved", 12, MustBeZero, "PT-020")]
    [PteField("reserved", 13, 20, MustBeZero, "PT-073")]
    [PteField("address", 21, 51, Address, "PT-016")]
    [PteField("reserved", 52, 60, MustBeZero, "PT-016")]
    [PteField("reserved", 61, 62, MustBeZero, "PT-020")]
    [PteField("reserved", 63, MustBeZero, "PT-016")]
    public static partial PteLayout Leaf2M { get; }

    /// <summary>1 GiB leaf, at level 2.</summary>
    [PteEntry(PteEntryKind.Leaf1G)]
    [PteField("XE_PAGE_PRESENT", 0, Present, "PT-016")]
    [PteField("XE_PAGE_RW", 1, Writable, "PT-024")]
    [PteField("reserved", 2, MustBeZero, "PT-016")]
    [PteField("XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-021")]
    [PteField("XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-021")]
    [PteField("reserved", 5, 6, MustBeZero, "PT-016")]
    [PteField("XE_PDPE_PS_1G", 7, PageSize, "PT-023")]
    [PteField("reserved", 8, MustBeZero, "PT-016")]
    [PteField("XE_PTE_NULL", 9, Null, "PT-024")]
    [PteField("reserved", 10, MustBeZero, "PT-034")]
    [PteField("XE_PPGTT_PTE_DM", 11, DeviceMemory, "PT-031")]
    [PteField("reserved", 12, MustBeZero, "PT-020")]
    [PteField("reserved", 13, 29, MustBeZero, "PT-073")]
    [PteField("address", 30, 51, Address, "PT-016")]
    [PteField("reserved", 52, 60, MustBeZero, "PT-016")]
    [PteField("reserved", 61, 62, MustBeZero, "PT-020")]
    [PteField("reserved", 63, MustBeZero, "PT-016")]
    public static partial PteLayout Leaf1G { get; }

    /// <summary>Level-1 entry that points to a level-0 table.</summary>
    [PteEntry(PteEntryKind.DirectoryL1)]
    [PteField("XE_PAGE_PRESENT", 0, Present, "PT-016")]
    [PteField("XE_PAGE_RW", 1, Writable, "PT-027")]
    [PteField("reserved", 2, MustBeZero, "PT-016")]
    [PteField("XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-022")]
    [PteField("XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-022")]
    [PteField("reserved", 5, MustBeZero, "PT-016")]
    [PteField("reserved", 6, MustBeZero, "PT-077")]
    [PteField("reserved", 7, 10, MustBeZero, "PT-018")]
    [PteField("XE_PDE_IPS_64K", 11, MustBeZero, "PT-016")]
    [PteField("address", 12, 51, Address, "PT-016")]
    [PteField("reserved", 52, 63, MustBeZero, "PT-022")]
    public static partial PteLayout DirectoryL1 { get; }

    /// <summary>Entry of level 2 or above that points to a table.</summary>
    [PteEntry(PteEntryKind.Directory)]
    [PteField("XE_PAGE_PRESENT", 0, Present, "PT-016")]
    [PteField("XE_PAGE_RW", 1, Writable, "PT-027")]
    [PteField("reserved", 2, MustBeZero, "PT-016")]
    [PteField("XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-022")]
    [PteField("XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-022")]
    [PteField("reserved", 5, MustBeZero, "PT-016")]
    [PteField("reserved", 6, MustBeZero, "PT-016")]
    [PteField("reserved", 7, 11, MustBeZero, "PT-018")]
    [PteField("address", 12, 51, Address, "PT-016")]
    [PteField("reserved", 52, 63, MustBeZero, "PT-022")]
    public static partial PteLayout Directory { get; }
}
