using XePt.Uapi.Formats;
using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>MADVISE, after the look-up of the VM (UAPI-030, specification 04 section 13.2).</summary>
[CheckList(typeof(DrmXeMadvise), Context = typeof(MadviseCheckContext))]
[RequireAligned(1, "MADV-011", Errno.EINVAL, "must be a multiple of 4 KiB", XeLimits.PageSize, "start", "range")]
[RefuseIf(2, "MADV-011", Errno.EINVAL, "must not be empty", "range", nameof(RangeIsEmpty))]
[RefuseIf(3, "MADV-012", Errno.EINVAL, "neither a file nor one of the default locations", "preferred_mem_loc.devmem_fd", nameof(FileIsInvalid))]
[RequireZero(4, "MADV-012", Errno.EINVAL, "a default location has no regions", "preferred_mem_loc.region_instance", When = nameof(NamesNoFile))]
[RequireKnownValue(5, "MADV-012", Errno.EINVAL, "no such migration policy", "preferred_mem_loc.migration_policy", When = nameof(SetsLocation))]
[RequireZero(6, "MADV-012", Errno.EINVAL, "must be zero", "preferred_mem_loc.reserved", When = nameof(SetsLocation))]
[RequireKnownValue(7, "MADV-013", Errno.EINVAL, "no such atomic access", "atomic.val", When = nameof(SetsAtomic))]
[RequireZero(8, "MADV-013", Errno.EINVAL, "must be zero", "atomic.pad", "atomic.reserved", When = nameof(SetsAtomic))]
[RefuseIf(9, "MADV-014", Errno.EINVAL, "beyond the platform's PAT table", "pat_index.val", nameof(PatIsBeyondTable))]
[RefuseIf(10, "MADV-014", Errno.EINVAL, "names a reserved PAT entry", "pat_index.val", nameof(PatIsReserved))]
[RequireZero(11, "MADV-014", Errno.EINVAL, "must be zero", "pat_index.pad", "pat_index.reserved", When = nameof(SetsPat))]
[RequireKnownValue(12, "MADV-015", Errno.EINVAL, "no such memory attribute", "type")]
[RequireZero(13, "MADV-015", Errno.EINVAL, "must be zero", "reserved")]
public static partial class MadviseChecks
{
    private static bool RangeIsEmpty(in DrmXeMadvise argument) => argument.Range == 0;

    private static bool FileIsInvalid(in DrmXeMadvise argument) =>
        SetsLocation(in argument) && File(in argument) < XeConstants.PreferredLocDefaultSystem;

    private static bool NamesNoFile(in DrmXeMadvise argument) =>
        SetsLocation(in argument) && File(in argument) <= XeConstants.PreferredLocDefaultDevice;

    private static bool PatIsBeyondTable(in DrmXeMadvise argument, in MadviseCheckContext context) =>
        SetsPat(in argument) && argument.PatIndex.Val >= context.Pat.Length;

    private static bool PatIsReserved(in DrmXeMadvise argument, in MadviseCheckContext context) =>
        SetsPat(in argument) && context.Pat[(int)argument.PatIndex.Val].Coherency == PatCoherency.Reserved;

    private static bool SetsLocation(in DrmXeMadvise argument) => argument.Type == MemRangeAttr.PreferredLoc;

    private static bool SetsAtomic(in DrmXeMadvise argument) => argument.Type == MemRangeAttr.Atomic;

    private static bool SetsPat(in DrmXeMadvise argument) => argument.Type == MemRangeAttr.Pat;

    // The field is unsigned in the struct and read as signed.
    private static int File(in DrmXeMadvise argument) => (int)argument.PreferredMemLoc.DevmemFd;
}
