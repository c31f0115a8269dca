using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;
using static XePt.Uapi.Spec.PteEntryKinds;

namespace XePt.Uapi.Formats;

/// <summary>
/// Xe2, Xe3 and Xe3p (LNL, BMG, PTL, WCL, NVL-S, CRI): five PAT bits, atomics bit, compact tables.
/// PT-016 to PT-020 give these generations the same bits; BMG's smaller PAT table changes none of them.
/// </summary>
[PteFormat(PteFormatId.Xe2, All)]
[PteFieldsOf(typeof(CommonFields))]
[PteField(DirectoryL1, "XE_PDE_64K", 6, Pde64K, "PT-077")]
[PteField(SmallLeaves, "XE_PPGTT_PTE_PAT2", 7, Pat2, "PT-021")]
[PteField(Leaves, "XE_USM_PPGTT_PTE_AE", 10, AtomicEnable, "PT-034")]
[PteField(HugeLeaves, "XE_PPGTT_PDE_PDPE_PAT2", 12, Pat2, "PT-021")]
[PteField(Leaves, "XE2_PPGTT_PTE_PAT4", 61, Pat4, "PT-021")]
[PteField(Leaves, "XELPG_PPGTT_PTE_PAT3", 62, Pat3, "PT-021")]
public readonly partial struct Xe2Format;
