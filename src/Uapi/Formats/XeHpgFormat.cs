using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;
using static XePt.Uapi.Spec.PteEntryKinds;

namespace XePt.Uapi.Formats;

/// <summary>Xe_HPG (DG2, ATS-M): two PAT bits, no atomics bit, compact tables.</summary>
[PteFormat(PteFormatId.XeHpg, All)]
[PteFieldsOf(typeof(CommonFields))]
[PteField(DirectoryL1, "XE_PDE_64K", 6, Pde64K, "PT-077")]
[PteField(SmallLeaves, "reserved", 7, MustBeZero, "PT-020")]
[PteField(Leaves, "reserved", 10, MustBeZero, "PT-034")]
[PteField(HugeLeaves, "reserved", 12, MustBeZero, "PT-020")]
[PteField(Leaves, "reserved", 61, 62, MustBeZero, "PT-020")]
public readonly partial struct XeHpgFormat;
