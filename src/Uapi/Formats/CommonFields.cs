using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;
using static XePt.Uapi.Spec.PteEntryKinds;

namespace XePt.Uapi.Formats;

/// <summary>
/// The bits that mean the same on every platform (PT-016), lowest first. Each format declares the rest: bit 6 of level-1 directory entries
/// (compact tables), bits 7 and 12 and 61 to 62 of leaves (PAT index bits above 1) and bit 10 of leaves (atomics).
/// </summary>
[PteField(All, "XE_PAGE_PRESENT", 0, Present, "PT-016")]
[PteField(Leaves, "XE_PAGE_RW", 1, Writable, "PT-024")]
[PteField(Directories, "XE_PAGE_RW", 1, Writable, "PT-027")]
[PteField(All, "reserved", 2, MustBeZero, "PT-016")]
[PteField(Leaves, "XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-021")]
[PteField(Directories, "XE_PPGTT_PTE_PAT0", 3, Pat0, "PT-022")]
[PteField(Leaves, "XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-021")]
[PteField(Directories, "XE_PPGTT_PTE_PAT1", 4, Pat1, "PT-022")]
[PteField(Leaves, "reserved", 5, 6, MustBeZero, "PT-016")]
[PteField(Directories, "reserved", 5, MustBeZero, "PT-016")]
[PteField(PteEntryKinds.Directory, "reserved", 6, MustBeZero, "PT-016")]
[PteField(Leaf2M, "XE_PDE_PS_2M", 7, PageSize, "PT-023")]
[PteField(Leaf1G, "XE_PDPE_PS_1G", 7, PageSize, "PT-023")]
[PteField(DirectoryL1, "reserved", 7, 10, MustBeZero, "PT-018")]
[PteField(PteEntryKinds.Directory, "reserved", 7, 11, MustBeZero, "PT-018")]
[PteField(Leaf4K, "XE_PTE_PS64", 8, Ps64, "PT-079")]
[PteField(Leaf64K | HugeLeaves, "reserved", 8, MustBeZero, "PT-016")]
[PteField(Leaves, "XE_PTE_NULL", 9, Null, "PT-024")]
[PteField(Leaves, "XE_PPGTT_PTE_DM", 11, DeviceMemory, "PT-031")]
[PteField(DirectoryL1, "XE_PDE_IPS_64K", 11, MustBeZero, "PT-016")]
[PteField(Leaf4K | Directories, "address", 12, 51, Address, "PT-016")]
[PteField(Leaf64K, "reserved", 12, 15, MustBeZero, "PT-078")]
[PteField(Leaf2M, "reserved", 13, 20, MustBeZero, "PT-073")]
[PteField(Leaf1G, "reserved", 13, 29, MustBeZero, "PT-073")]
[PteField(Leaf64K, "address", 16, 51, Address, "PT-016")]
[PteField(Leaf2M, "address", 21, 51, Address, "PT-016")]
[PteField(Leaf1G, "address", 30, 51, Address, "PT-016")]
[PteField(Leaves, "reserved", 52, 60, MustBeZero, "PT-016")]
[PteField(Directories, "reserved", 52, 63, MustBeZero, "PT-022")]
[PteField(Leaves, "reserved", 63, MustBeZero, "PT-016")]
internal static class CommonFields;
