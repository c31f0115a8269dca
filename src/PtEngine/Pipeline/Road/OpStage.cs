using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>
/// What each GPUVA op stages on a tile (PT-122). A mirror VMA stages nothing, whatever is done to it (PT-123 to PT-126).
/// </summary>
internal static partial class OpStage
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial Errno Stage(GpuvaOpKind kind, VmContext vm, TileUpdate tile, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Map(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (op.Plan == OpPlan.Nothing)
            return Errno.Ok;

        tile.WaitKernel = true;
        return Bind(vm, tile, op.Vma, clear: op.Plan == OpPlan.Clear, op.BindIndex);
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Unmap(VmContext vm, TileUpdate tile, in GpuvaOp op) =>
        op.Unbinds ? vm.Stager.Unbind(tile, op.Vma, op.Start, op.End) : Errno.Ok;

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno Remap(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (!op.Unbinds)
            return Errno.Ok;

        Errno error = vm.Stager.Unbind(tile, op.Vma, op.UnbindStart, op.UnbindEnd);
        if (error == Errno.Ok)
            error = RebindPiece(vm, tile, op.Previous, op.BindIndex);
        return error == Errno.Ok ? RebindPiece(vm, tile, op.Next, op.BindIndex) : error;
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno Prefetch(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (op.Plan == OpPlan.Nothing)
            return Errno.Ok;

        // Bringing the mirrors of the call to their place may have taken the pages of a userptr away.
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        if (v.Userptr != 0 && vm.Userptrs.PagesOf(v.Userptr) == 0)
            return Errno.EAGAIN;
        tile.WaitKernel = true;
        return Bind(vm, tile, op.Vma, clear: false, op.BindIndex);
    }

    private static Errno RebindPiece(VmContext vm, TileUpdate tile, in GpuvaPiece piece, int bindIndex)
    {
        if (!piece.Binds)
            return Errno.Ok;

        tile.WaitBookkeep = true;
        return Bind(vm, tile, piece.Vma, clear: false, bindIndex);
    }

    // Three ops come here, one of them often.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno Bind(VmContext vm, TileUpdate tile, int vma, bool clear, int bindIndex)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        ref readonly LeafTemplates leaves = ref BindSources.ForVma(vm, v, clear, out BindSource source);
        return vm.Stager.Bind(tile, vma, ref v, ref source, in leaves, vm.Call.Number, ref vm.FlushSeqno, bindIndex);
    }
}
