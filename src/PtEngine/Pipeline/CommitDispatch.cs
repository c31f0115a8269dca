using System.Diagnostics;
using XePt.Gpuva;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>What each GPUVA op does to the tile masks once its tables are written (PT-122 commit column, PT-153).</summary>
internal static partial class CommitDispatch
{
    [OpDispatch]
    public static partial Errno Dispatch(GpuvaOpKind kind, VmContext vm, ref GpuvaOp op);

    /// <summary>A deferred MAP commits nothing, invalidate-on-bind included: the VMA stays staged and not present (PT-156).</summary>
    [HandlesOp(GpuvaOpKind.Map)]
    private static Errno Map(VmContext vm, ref GpuvaOp op)
    {
        if ((op.Immediate || !vm.Facts.IsFaultMode) && (op.CreateFlags & VmaFlags.Mirror) == 0)
            CommitBind(vm, op.Vma);
        if (vm.Preemption is { } preemption && vm.ExternalBoOf(op.Vma) is var bo and not 0)
            preemption.InstallOn(vm.BoFences.Of(bo));
        return Errno.Ok;
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static Errno Unmap(VmContext vm, ref GpuvaOp op)
    {
        vm.Space.Vmas[op.Vma].TilePresent = 0;
        return Errno.Ok;
    }

    [HandlesOp(GpuvaOpKind.Remap)]
    private static Errno Remap(VmContext vm, ref GpuvaOp op)
    {
        ref Vma old = ref vm.Space.Vmas[op.Vma];
        if (old.IsMirror)
            return Errno.Ok;

        old.TilePresent = 0;
        if (op.Previous.Exists && !op.Previous.Skip)
            CommitBind(vm, op.Previous.Vma);
        if (op.Next.Exists && !op.Next.Skip)
            CommitBind(vm, op.Next.Vma);
        return Errno.Ok;
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static Errno Prefetch(VmContext vm, ref GpuvaOp op)
    {
        if (!vm.Space.Vmas[op.Vma].IsMirror)
            CommitBind(vm, op.Vma);
        return Errno.Ok;
    }

    /// <summary>Present on every tile, valid, nothing staged any more. Never of a mirror (BIND-198).</summary>
    internal static void CommitBind(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        Debug.Assert(!v.IsMirror);
        v.TilePresent = vm.Facts.TileMask;
        v.TileStaged = 0;
        v.TileInvalidated = 0;
        if (v.Userptr != 0)
            vm.Userptrs.MarkBound(v.Userptr);
    }
}
