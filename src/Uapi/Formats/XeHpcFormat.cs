using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;
using static XePt.Uapi.Spec.PteEntryKinds;

namespace XePt.Uapi.Formats;

/// <summary>Xe_HPC (PVC): three PAT bits, atomics bit, compact tables.</summary>
[PteFormat(PteFormatId.XeHpc, All)]
[PteFieldsOf(typeof(CommonFields))]
[PteField(DirectoryL1, "XE_PDE_64K", 6, Pde64K, "PT-077")]
[PteField(SmallLeaves, "XE_PPGTT_PTE_PAT2", 7, Pat2, "PT-021")]
[PteField(Leaves, "XE_USM_PPGTT_PTE_AE", 10, AtomicEnable, "PT-034")]
[PteField(HugeLeaves, "XE_PPGTT_PDE_PDPE_PAT2", 12, Pat2, "PT-021")]
[PteField(Leaves, "reserved", 61, 62, MustBeZero, "PT-020")]
public readonly partial struct XeHpcFormat;
