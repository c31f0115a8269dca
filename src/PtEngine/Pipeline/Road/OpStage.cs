using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>
/// What each GPUVA op stages on a tile (PT-122). A mirror VMA stages nothing, whatever is done to it (PT-123 to PT-126).
/// </summary>
internal static unsafe partial class OpStage
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial Outcome Stage(GpuvaOpKind kind, VmContext vm, TileUpdate tile, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Map(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (op.Plan == OpPlan.Nothing)
            return Outcome.Done;

        tile.WaitKernel = true;
        // SAFETY: parsing has made it, and it stays while the call goes on.
        return Bind(vm, tile, op.Vma, ref *op.Record, clear: op.Plan == OpPlan.Clear, op.BindIndex);
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Unmap(VmContext vm, TileUpdate tile, in GpuvaOp op) =>
        // SAFETY: the split core has noted it, and it is destroyed when the call has ended.
        op.Unbinds ? vm.Stager.Unbind(tile, op.Vma, ref *op.Record, op.Start, op.End) : Outcome.Done;

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Remap(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (!op.Unbinds)
            return Outcome.Done;

        Outcome outcome = vm.Stager.Unbind(tile, op.Vma, ref vm.Space.Vmas[op.Vma], op.UnbindStart, op.UnbindEnd);
        if (outcome == Outcome.Done)
            outcome = RebindPiece(vm, tile, op.Previous, op.BindIndex);
        return outcome == Outcome.Done ? RebindPiece(vm, tile, op.Next, op.BindIndex) : outcome;
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Prefetch(VmContext vm, TileUpdate tile, in GpuvaOp op)
    {
        if (op.Plan == OpPlan.Nothing)
            return Outcome.Done;

        // Bringing the mirrors of the call to their place may have taken the pages of a userptr away.
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        if (v.Userptr != 0 && vm.Userptrs.PagesOf(v.Userptr) == 0)
            return vm.Call.Refuse(&Refusals.VmBindPagesChanged, v.Start);
        tile.WaitKernel = true;
        return Bind(vm, tile, op.Vma, ref v, clear: false, op.BindIndex);
    }

    private static Outcome RebindPiece(VmContext vm, TileUpdate tile, in GpuvaPiece piece, int bindIndex)
    {
        if (!piece.Binds)
            return Outcome.Done;

        tile.WaitBookkeep = true;
        return Bind(vm, tile, piece.Vma, ref vm.Space.Vmas[piece.Vma], clear: false, bindIndex);
    }

    // Three ops come here, one of them often.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Bind(VmContext vm, TileUpdate tile, int vma, ref Vma v, bool clear, int bindIndex)
    {
        ref readonly LeafTemplates leaves = ref BindSources.ForVma(vm, v, clear, out BindSource source);
        return vm.Stager.Bind(tile, vma, ref v, ref source, in leaves, vm.Call.Number, ref vm.FlushSeqno, bindIndex);
    }
}
