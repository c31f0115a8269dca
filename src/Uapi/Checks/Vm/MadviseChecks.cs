using XePt.Uapi.Formats;
using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>MADVISE, after the look-up of the VM (UAPI-030, specification 04 section 13.2).</summary>
[CheckList(typeof(DrmXeMadvise), Context = typeof(MadviseCheckContext), Selector = "type", NamesEach = true)]
[RequireAligned(1, "MADV-011", Errno.EINVAL, "must be a multiple of 4 KiB", XeLimits.PageSize, "start", "range")]
[RefuseIf(2, "MADV-011", Errno.EINVAL, "must not be empty", "range", nameof(RangeIsEmpty))]
[RefuseIf(3, "MADV-012", Errno.EINVAL, "neither a file nor one of the default locations",
    "preferred_mem_loc.devmem_fd", nameof(FileIsInvalid),
    Only = MemRangeAttr.PreferredLoc)]
[RequireZero(4, "MADV-012", Errno.EINVAL, "a default location has no regions", "preferred_mem_loc.region_instance",
    Only = MemRangeAttr.PreferredLoc, When = nameof(NamesNoFile))]
[RequireKnownValue(5, "MADV-012", Errno.EINVAL, "no such migration policy", "preferred_mem_loc.migration_policy",
    Only = MemRangeAttr.PreferredLoc)]
[RequireZero(6, "MADV-012", Errno.EINVAL, "must be zero", "preferred_mem_loc.reserved", Only = MemRangeAttr.PreferredLoc)]
[RequireKnownValue(7, "MADV-013", Errno.EINVAL, "no such atomic access", "atomic.val", Only = MemRangeAttr.Atomic)]
[RequireZero(8, "MADV-013", Errno.EINVAL, "must be zero", "atomic.pad", "atomic.reserved", Only = MemRangeAttr.Atomic)]
[RefuseIf(9, "MADV-014", Errno.EINVAL, "beyond the platform's PAT table", "pat_index.val", nameof(PatIsBeyondTable),
    Only = MemRangeAttr.Pat, ComparedWith = "entries of the table", Comparand = nameof(EntriesOfPat))]
[RefuseIf(10, "MADV-014", Errno.EINVAL, "names a reserved PAT entry", "pat_index.val", nameof(PatIsReserved), Only = MemRangeAttr.Pat)]
[RequireZero(11, "MADV-014", Errno.EINVAL, "must be zero", "pat_index.pad", "pat_index.reserved", Only = MemRangeAttr.Pat)]
[RequireKnownValue(12, "MADV-015", Errno.EINVAL, "no such memory attribute", "type")]
[RequireZero(13, "MADV-015", Errno.EINVAL, "must be zero", "reserved")]
internal static partial class MadviseChecks
{
    private static bool RangeIsEmpty(in DrmXeMadvise argument) => argument.Range == 0;

    private static bool FileIsInvalid(in DrmXeMadvise argument) => File(in argument) < XeConstants.PreferredLocDefaultSystem;

    private static bool NamesNoFile(in DrmXeMadvise argument) => File(in argument) <= XeConstants.PreferredLocDefaultDevice;

    private static bool PatIsBeyondTable(in DrmXeMadvise argument, in MadviseCheckContext context) =>
        argument.PatIndex.Val >= context.Pat.Length;

    private static ulong EntriesOfPat(in MadviseCheckContext context) => (ulong)context.Pat.Length;

    private static bool PatIsReserved(in DrmXeMadvise argument, in MadviseCheckContext context) =>
        context.Pat[(int)argument.PatIndex.Val].Coherency == PatCoherency.Reserved;

    // The field is unsigned in the struct and read as signed.
    private static int File(in DrmXeMadvise argument) => (int)argument.PreferredMemLoc.DevmemFd;
}
