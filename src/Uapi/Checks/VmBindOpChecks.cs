using XePt.Uapi.Formats;
using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One op of VM_BIND, flags as the caller gave them (specification 02 section 6.2).</summary>
/// <remarks>
/// The order is visible only in <see cref="XeProfile.SeedGated"/>, whose first row has another errno (BIND-091). The op's
/// <c>extensions</c>, <c>pad</c>, <c>pad2</c> and <c>reserved</c> are not looked at (BIND-092); the PAT index always is (BIND-093).
/// </remarks>
[CheckList(typeof(DrmXeVmBindOp), Context = typeof(BindCheckContext))]
[RefuseIf(1, "BIND-067", Errno.EOPNOTSUPP, "CPU address mirror binds are not enabled at this stage", "flags", nameof(MirrorIsGated))]
[RefuseIf(2, "BIND-068", Errno.EINVAL, "a CPU address mirror needs SVM and a VM in fault mode", "flags", nameof(MirrorIsImpossible))]
[RefuseIf(3, "BIND-069", Errno.EINVAL, "beyond the platform's PAT table", "pat_index", nameof(PatIsBeyondTable))]
[RefuseIf(4, "BIND-070", Errno.EINVAL, "names a reserved PAT entry", "pat_index", nameof(PatIsReserved))]
[RequireKnownValue(5, "BIND-071", Errno.EINVAL, "no such bind op", "op")]
[RefuseIf(6, "BIND-072", Errno.EINVAL, "carries a flag that this driver does not know", "flags", nameof(HasUnknownFlag))]
[RequireZero(7, "BIND-073", Errno.EINVAL, "a NULL or mirror binding has no BO", "obj", When = nameof(HasNoBacking))]
[RequireZero(8, "BIND-074", Errno.EINVAL, "a NULL or mirror binding has no offset", "obj_offset", When = nameof(HasNoBacking))]
[RefuseIf(9, "BIND-075", Errno.EINVAL, "NULL and mirror go with MAP only", "op", nameof(NoBackingButNotMap))]
[RefuseIf(10, "BIND-076", Errno.EINVAL, "MAP needs a BO unless it is NULL or a mirror", "obj", nameof(MapLacksBo))]
[RefuseIf(11, "BIND-077", Errno.EINVAL, "UNMAP_ALL needs the BO to unmap", "obj", nameof(UnmapAllLacksBo))]
[RequireZero(12, "BIND-078", Errno.EINVAL, "UNMAP_ALL takes no address", "addr", When = nameof(IsUnmapAll))]
[RequireZero(13, "BIND-079", Errno.EINVAL, "UNMAP_ALL takes no range", "range", When = nameof(IsUnmapAll))]
[RequireZero(14, "BIND-080", Errno.EINVAL, "MAP_USERPTR takes no BO", "obj", When = nameof(IsMapUserptr))]
[RefuseIf(15, "BIND-081", Errno.EINVAL, "MAP_USERPTR needs a coherent PAT entry", "pat_index", nameof(UserptrIsIncoherent))]
[RefuseIf(16, "BIND-082", Errno.EINVAL, "MAP_USERPTR cannot use a compressing PAT entry", "pat_index", nameof(UserptrIsCompressed))]
[RefuseIf(17, "BIND-083", Errno.EINVAL, "this build has no userptr support", "op", nameof(UserptrIsAbsent))]
[RequireZero(18, "BIND-084", Errno.EINVAL, "PREFETCH takes no BO", "obj", When = nameof(IsPrefetch))]
[RequireZero(19, "BIND-085", Errno.EINVAL, "only PREFETCH names a memory region", "prefetch_mem_region_instance", When = nameof(IsNotPrefetch))]
[RefuseIf(20, "BIND-086", Errno.EINVAL, "no such memory region", "prefetch_mem_region_instance", nameof(RegionIsUnknown))]
[RequireZero(21, "BIND-087", Errno.EINVAL, "UNMAP takes no BO", "obj", When = nameof(IsUnmap))]
[RefuseIf(22, "BIND-088", Errno.EINVAL, "MADVISE_AUTORESET goes with a mirror MAP only", "flags", nameof(AutoresetIsMisplaced))]
[RequireAligned(23, "BIND-089", Errno.EINVAL, "must be a multiple of 4 KiB", XeLimits.PageSize, "obj_offset", "addr", "range")]
[RefuseIf(24, "BIND-090", Errno.EINVAL, "must not be empty", "range", nameof(RangeIsEmpty))]
public static partial class VmBindOpChecks
{
    private static bool MirrorIsGated(in DrmXeVmBindOp op, in BindCheckContext context) =>
        context.Profile == XeProfile.SeedGated && IsMirror(in op, in context);

    // The seed does not ask for SVM: its flag exists in every build.
    private static bool MirrorIsImpossible(in DrmXeVmBindOp op, in BindCheckContext context) =>
        IsMirror(in op, in context)
        && (context.Mode != VmMode.Fault || (context.Profile == XeProfile.Final && !context.SvmPresent));

    private static bool PatIsBeyondTable(in DrmXeVmBindOp op, in BindCheckContext context) => op.PatIndex >= context.Pat.Length;

    private static bool PatIsReserved(in DrmXeVmBindOp op, in BindCheckContext context) =>
        context.Pat[op.PatIndex].Coherency == PatCoherency.Reserved;

    private static bool HasUnknownFlag(in DrmXeVmBindOp op, in BindCheckContext context)
    {
        var known = VmBindFlagsTable.Supported(context.Profile) | (context.DebugBuild ? VmBindFlagsTable.DebugBuildOnly : 0);
        return (Flags(in op, in context) & ~known) != 0;
    }

    private static bool HasNoBacking(in DrmXeVmBindOp op, in BindCheckContext context) =>
        (Flags(in op, in context) & (VmBindFlags.Null | VmBindFlags.CpuAddrMirror)) != 0;

    private static bool NoBackingButNotMap(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.Op != VmBindOp.Map && HasNoBacking(in op, in context);

    private static bool MapLacksBo(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.Op == VmBindOp.Map && op.Obj == 0 && !HasNoBacking(in op, in context);

    private static bool UnmapAllLacksBo(in DrmXeVmBindOp op) => op.Op == VmBindOp.UnmapAll && op.Obj == 0;

    private static bool UserptrIsIncoherent(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.Op == VmBindOp.MapUserptr && context.Pat[op.PatIndex].Coherency == PatCoherency.None;

    private static bool UserptrIsCompressed(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.Op == VmBindOp.MapUserptr && context.Profile == XeProfile.Final && context.Pat[op.PatIndex].Compressed;

    private static bool UserptrIsAbsent(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.Op == VmBindOp.MapUserptr && context.Profile == XeProfile.Final && !context.UserptrPresent;

    private static bool RegionIsUnknown(in DrmXeVmBindOp op, in BindCheckContext context) =>
        op.PrefetchMemRegionInstance != unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc)
        && (op.PrefetchMemRegionInstance >= 32 || ((context.MemoryRegionMask >> (int)op.PrefetchMemRegionInstance) & 1) == 0);

    private static bool AutoresetIsMisplaced(in DrmXeVmBindOp op, in BindCheckContext context) =>
        (Flags(in op, in context) & VmBindFlags.MadviseAutoreset) != 0
        && (op.Op != VmBindOp.Map || !IsMirror(in op, in context));

    private static bool RangeIsEmpty(in DrmXeVmBindOp op) => op.Range == 0 && op.Op != VmBindOp.UnmapAll;

    private static bool IsMirror(in DrmXeVmBindOp op, in BindCheckContext context) =>
        (Flags(in op, in context) & VmBindFlags.CpuAddrMirror) != 0;

    private static VmBindFlags Flags(in DrmXeVmBindOp op, in BindCheckContext context) =>
        VmBindFlagsTable.Normalize((uint)op.Flags, context.Profile);

    private static bool IsUnmap(in DrmXeVmBindOp op) => op.Op == VmBindOp.Unmap;

    private static bool IsMapUserptr(in DrmXeVmBindOp op) => op.Op == VmBindOp.MapUserptr;

    private static bool IsUnmapAll(in DrmXeVmBindOp op) => op.Op == VmBindOp.UnmapAll;

    private static bool IsPrefetch(in DrmXeVmBindOp op) => op.Op == VmBindOp.Prefetch;

    private static bool IsNotPrefetch(in DrmXeVmBindOp op) => op.Op != VmBindOp.Prefetch;
}
