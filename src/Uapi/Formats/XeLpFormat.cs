using XePt.Uapi.Spec;
using static XePt.Uapi.Formats.PteRole;
using static XePt.Uapi.Spec.PteEntryKinds;

namespace XePt.Uapi.Formats;

/// <summary>Xe_LP and Xe_LP+ (TGL, RKL, ADL, DG1): two PAT bits, no atomics bit, no compact tables.</summary>
[PteFormat(PteFormatId.XeLp, AllButCompact)]
[PteFieldsOf(typeof(CommonFields))]
[PteField(DirectoryL1, "reserved", 6, MustBeZero, "PT-077")]
[PteField(Leaf4K, "reserved", 7, MustBeZero, "PT-020")]
[PteField(Leaves, "reserved", 10, MustBeZero, "PT-034")]
[PteField(HugeLeaves, "reserved", 12, MustBeZero, "PT-020")]
[PteField(Leaves, "reserved", 61, 62, MustBeZero, "PT-020")]
public readonly partial struct XeLpFormat;
