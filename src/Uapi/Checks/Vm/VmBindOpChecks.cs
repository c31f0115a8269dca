using System.Runtime.CompilerServices;
using XePt.Uapi.Formats;
using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One op of VM_BIND, flags as the caller gave them (specification 02 section 6.2).</summary>
/// <remarks>
/// The order is visible only in <see cref="XeProfile.SeedGated"/>, whose first row has another errno (BIND-091). The op's
/// <c>extensions</c>, <c>pad</c>, <c>pad2</c> and <c>reserved</c> are not looked at (BIND-092); the PAT index always is (BIND-093).
/// </remarks>
[CheckList(typeof(DrmXeVmBindOp), Context = typeof(BindCheckContext), Selector = "op", NamesEach = true)]
[RefuseIf(1, "BIND-067", Errno.EOPNOTSUPP, "CPU address mirror binds are not enabled at this stage", "flags", nameof(MirrorIsGated),
    When = nameof(IsMirror))]
[RefuseIf(2, "BIND-068", Errno.EINVAL, "a CPU address mirror needs SVM and a VM in fault mode", "flags", nameof(MirrorIsImpossible),
    When = nameof(IsMirror))]
[RefuseIf(3, "BIND-069", Errno.EINVAL, "beyond the platform's PAT table", "pat_index", nameof(PatIsBeyondTable),
    ComparedWith = "entries of the table", Comparand = nameof(EntriesOfPat))]
[RefuseIf(4, "BIND-070", Errno.EINVAL, "names a reserved PAT entry", "pat_index", nameof(PatIsReserved))]
[RequireKnownValue(5, "BIND-071", Errno.EINVAL, "no such bind op", "op")]
[RefuseIf(6, "BIND-072", Errno.EINVAL, "carries a flag that this driver does not know", "flags", nameof(HasUnknownFlag))]
[RequireZero(7, "BIND-073", Errno.EINVAL, "a NULL or mirror binding has no BO", "obj", When = nameof(HasNoBacking))]
[RequireZero(8, "BIND-074", Errno.EINVAL, "a NULL or mirror binding has no offset", "obj_offset", When = nameof(HasNoBacking))]
[RefuseIf(9, "BIND-075", Errno.EINVAL, "NULL and mirror go with MAP only", "op", nameof(HasNoBacking), Except = VmBindOp.Map)]
[RefuseIf(10, "BIND-076", Errno.EINVAL, "MAP needs a BO unless it is NULL or a mirror", "obj", nameof(BackingIsMissing),
    Only = VmBindOp.Map)]
[RefuseIf(11, "BIND-077", Errno.EINVAL, "UNMAP_ALL needs the BO to unmap", "obj", nameof(BoIsMissing), Only = VmBindOp.UnmapAll)]
[RequireZero(12, "BIND-078", Errno.EINVAL, "UNMAP_ALL takes no address", "addr", Only = VmBindOp.UnmapAll)]
[RequireZero(13, "BIND-079", Errno.EINVAL, "UNMAP_ALL takes no range", "range", Only = VmBindOp.UnmapAll)]
[RequireZero(14, "BIND-080", Errno.EINVAL, "MAP_USERPTR takes no BO", "obj", Only = VmBindOp.MapUserptr)]
[RefuseIf(15, "BIND-081", Errno.EINVAL, "MAP_USERPTR needs a coherent PAT entry", "pat_index", nameof(PatIsIncoherent),
    Only = VmBindOp.MapUserptr)]
[RefuseIf(16, "BIND-082", Errno.EINVAL, "MAP_USERPTR cannot use a compressing PAT entry", "pat_index", nameof(PatCompressesInFinal),
    Only = VmBindOp.MapUserptr)]
[RefuseIf(17, "BIND-083", Errno.EINVAL, "this build has no userptr support", "op", nameof(UserptrIsAbsentInFinal),
    Only = VmBindOp.MapUserptr)]
[RequireZero(18, "BIND-084", Errno.EINVAL, "PREFETCH takes no BO", "obj", Only = VmBindOp.Prefetch)]
[RequireZero(19, "BIND-085", Errno.EINVAL, "only PREFETCH names a memory region", "prefetch_mem_region_instance",
    Except = VmBindOp.Prefetch)]
[RefuseIf(20, "BIND-086", Errno.EINVAL, "no such memory region", "prefetch_mem_region_instance", nameof(RegionIsUnknown),
    ComparedWith = "mask of the regions", Comparand = nameof(Regions))]
[RequireZero(21, "BIND-087", Errno.EINVAL, "UNMAP takes no BO", "obj", Only = VmBindOp.Unmap)]
[RefuseIf(22, "BIND-088", Errno.EINVAL, "MADVISE_AUTORESET goes with a mirror MAP only", "flags", nameof(AutoresetIsMisplaced))]
[RequireAligned(23, "BIND-089", Errno.EINVAL, "must be a multiple of 4 KiB", XeLimits.PageSize, "obj_offset", "addr", "range")]
[RefuseIf(24, "BIND-090", Errno.EINVAL, "must not be empty", "range", nameof(RangeIsEmpty), Except = VmBindOp.UnmapAll)]
internal static partial class VmBindOpChecks
{
    [CheckFact]
    private static VmBindFlags Flags(in DrmXeVmBindOp op, in BindCheckContext context) =>
        VmBindFlagsTable.Normalize((uint)op.Flags, context.Profile);

    private static bool MirrorIsGated(in BindCheckContext context) => context.Profile == XeProfile.SeedGated;

    // The seed does not ask for SVM: its flag exists in every build.
    private static bool MirrorIsImpossible(in BindCheckContext context) =>
        context.Mode != VmMode.Fault || (context.Profile == XeProfile.Final && !context.SvmPresent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PatIsBeyondTable(in DrmXeVmBindOp op, in BindCheckContext context) => op.PatIndex >= context.Pat.Length;

    private static ulong EntriesOfPat(in BindCheckContext context) => (ulong)context.Pat.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PatIsReserved(in DrmXeVmBindOp op, in BindCheckContext context) =>
        context.Pat[op.PatIndex].Coherency == PatCoherency.Reserved;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasUnknownFlag(VmBindFlags flags, in BindCheckContext context)
    {
        var unknown = flags & ~VmBindFlagsTable.Supported(context.Profile);
        return unknown != 0 && !(context.DebugBuild && (unknown & ~VmBindFlagsTable.DebugBuildOnly) == 0);
    }

    private static bool HasNoBacking(VmBindFlags flags) => (flags & (VmBindFlags.Null | VmBindFlags.CpuAddrMirror)) != 0;

    private static bool BackingIsMissing(in DrmXeVmBindOp op, VmBindFlags flags) => op.Obj == 0 && !HasNoBacking(flags);

    private static bool BoIsMissing(in DrmXeVmBindOp op) => op.Obj == 0;

    private static bool PatIsIncoherent(in DrmXeVmBindOp op, in BindCheckContext context) =>
        context.Pat[op.PatIndex].Coherency == PatCoherency.None;

    private static bool PatCompressesInFinal(in DrmXeVmBindOp op, in BindCheckContext context) =>
        context.Profile == XeProfile.Final && context.Pat[op.PatIndex].Compressed;

    private static bool UserptrIsAbsentInFinal(in BindCheckContext context) =>
        context.Profile == XeProfile.Final && !context.UserptrPresent;

    private static bool RegionIsUnknown(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.PrefetchMemRegionInstance != unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc)
        && (op.PrefetchMemRegionInstance >= 32 || ((context.MemoryRegionMask >> (int)op.PrefetchMemRegionInstance) & 1) == 0);

    private static ulong Regions(in BindCheckContext context) => context.MemoryRegionMask;

    // Row 9 has passed: a mirror is a MAP.
    private static bool AutoresetIsMisplaced(VmBindFlags flags) => (flags & VmBindFlags.MadviseAutoreset) != 0 && !IsMirror(flags);

    private static bool RangeIsEmpty(in DrmXeVmBindOp op) => op.Range == 0;

    private static bool IsMirror(VmBindFlags flags) => (flags & VmBindFlags.CpuAddrMirror) != 0;
}
