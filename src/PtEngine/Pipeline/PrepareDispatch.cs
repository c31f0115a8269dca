using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>
/// What each GPUVA op stages on a tile (PT-122). A mirror VMA stages nothing, whatever is done to it (PT-123 to PT-126).
/// </summary>
internal static partial class PrepareDispatch
{
    [OpDispatch]
    public static partial Errno Dispatch(GpuvaOpKind kind, VmContext vm, TileUpdate tile, ref GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    private static Errno Map(VmContext vm, TileUpdate tile, ref GpuvaOp op)
    {
        bool isDeferred = !op.Immediate && vm.Facts.IsFaultMode && !op.InvalidateOnBind;
        if (isDeferred || (op.CreateFlags & VmaFlags.Mirror) != 0)
            return Errno.Ok;

        tile.WaitKernel = true;
        return Bind(vm, tile, op.Vma, clear: op.InvalidateOnBind);
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static Errno Unmap(VmContext vm, TileUpdate tile, ref GpuvaOp op) =>
        vm.Space.Vmas[op.Vma].IsMirror ? Errno.Ok : vm.Stager.Unbind(tile, op.Vma, op.Start, op.End);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static Errno Remap(VmContext vm, TileUpdate tile, ref GpuvaOp op)
    {
        if (vm.Space.Vmas[op.Vma].IsMirror)
            return Errno.Ok;

        Errno error = vm.Stager.Unbind(tile, op.Vma, op.UnbindStart, op.UnbindEnd);
        if (error == Errno.Ok)
            error = RebindPiece(vm, tile, op.Previous);
        return error == Errno.Ok ? RebindPiece(vm, tile, op.Next) : error;
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static Errno Prefetch(VmContext vm, TileUpdate tile, ref GpuvaOp op)
    {
        if (vm.Space.Vmas[op.Vma].IsMirror)
            return Errno.Ok;

        tile.WaitKernel = true;
        return Bind(vm, tile, op.Vma, clear: false);
    }

    private static Errno RebindPiece(VmContext vm, TileUpdate tile, in GpuvaPiece piece)
    {
        if (!piece.Exists || piece.Skip)
            return Errno.Ok;

        tile.WaitBookkeep = true;
        return Bind(vm, tile, piece.Vma, clear: false);
    }

    private static Errno Bind(VmContext vm, TileUpdate tile, int vma, bool clear)
    {
        BindSources.ForVma(vm, vma, clear, out BindSource source);
        return vm.Stager.Bind(tile, vma, ref source, ref vm.FlushSeqno);
    }
}
