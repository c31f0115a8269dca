using System.Runtime.CompilerServices;
using XePt.Uapi.Formats;
using XePt.Uapi.Spec;

namespace XePt.Uapi.Checks;

/// <summary>One op of VM_BIND against the BO it names: MAP with a BO, and UNMAP_ALL (specification 02 section 6.3, BIND-101).</summary>
[CheckList(typeof(DrmXeVmBindOp), Context = typeof(BindBoCheckContext))]
[RefuseIf(1, "BIND-094", Errno.EINVAL, "the BO forbids compression and this PAT entry compresses",
    "pat_index", nameof(CompressionIsForbidden))]
[RefuseIf(2, "BIND-095", Errno.EINVAL, "larger than the BO", "range", nameof(RangeExceedsBo),
    ComparedWith = "size of the BO", Comparand = nameof(SizeOfBo))]
[RefuseIf(3, "BIND-095", Errno.EINVAL, "the range that starts here ends beyond the BO", "obj_offset", nameof(EndExceedsBo),
    ComparedWith = "size of the BO", Comparand = nameof(SizeOfBo))]
[RefuseIf(4, "BIND-038", Errno.EINVAL, "the BO is private to another VM", "obj", nameof(IsForeignPrivate))]
[RequireAligned(5, "BIND-096", Errno.EINVAL, "VRAM of this device is bound in multiples of 64 KiB", VramPageSize,
    "obj_offset", "addr", "range", When = nameof(Needs64K))]
[RefuseIf(6, "BIND-097", Errno.EINVAL, "a BO with write-back caching needs a coherent PAT entry",
    "pat_index", nameof(WriteBackIsIncoherent))]
[RefuseIf(7, "BIND-098", Errno.EINVAL, "an imported BO needs a coherent PAT entry", "pat_index", nameof(ImportedIsIncoherent))]
[RefuseIf(8, "BIND-099", Errno.EINVAL, "an imported BO cannot use a compressing PAT entry", "pat_index", nameof(ImportedIsCompressed))]
[RefuseIf(9, "BIND-100", Errno.ENOEXEC, "the key of this protected BO has been replaced", "obj", nameof(ProtectedContentIsStale))]
internal static partial class VmBindBoChecks
{
    private const ulong VramPageSize = 64 * 1024;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CompressionIsForbidden(in BindBoCheckContext bo) =>
        bo.Profile == XeProfile.Final && bo.NoCompression && bo.Pat.Compressed;

    private static ulong SizeOfBo(in BindBoCheckContext bo) => bo.Size;

    private static bool RangeExceedsBo(in DrmXeVmBindOp op, in BindBoCheckContext bo) => op.Range > bo.Size;

    // Row 2 has passed, so the difference does not wrap.
    private static bool EndExceedsBo(in DrmXeVmBindOp op, in BindBoCheckContext bo) => op.ObjOffset > bo.Size - op.Range;

    private static bool IsForeignPrivate(in BindBoCheckContext bo) => bo.IsForeignPrivate;

    private static bool Needs64K(in BindBoCheckContext bo) => bo.VmNeeds64K && bo.Is64KInternal;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool WriteBackIsIncoherent(in BindBoCheckContext bo) =>
        bo.CpuCaching == CpuCaching.WriteBack && bo.Pat.Coherency == PatCoherency.None;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ImportedIsIncoherent(in BindBoCheckContext bo) => bo.CpuCaching == 0 && bo.Pat.Coherency == PatCoherency.None;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ImportedIsCompressed(in BindBoCheckContext bo) => bo.CpuCaching == 0 && bo.Pat.Compressed;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ProtectedContentIsStale(in DrmXeVmBindOp op, in BindBoCheckContext bo) =>
        (VmBindFlagsTable.Normalize((uint)op.Flags, bo.Profile) & VmBindFlags.CheckPxp) != 0
        && bo is { IsProtected: true, KeyStale: true }
        && NeedsContent(op.Op);

    /// <summary>What the BO holds is of use afterwards.</summary>
    [OpDispatch]
    private static partial bool NeedsContent(VmBindOp op);

    [HandlesOp(VmBindOp.Map)]
    [HandlesOp(VmBindOp.MapUserptr)]
    [HandlesOp(VmBindOp.Prefetch)]
    private static bool ShowsContent() => true;

    [HandlesOp(VmBindOp.Unmap)]
    [HandlesOp(VmBindOp.UnmapAll)]
    private static bool TakesItAway() => false;
}
