using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Stages the page-table side of the parsed ops on every tile (specification 02 section 12.2, PT-122).</summary>
internal static unsafe class BindStage
{
    /// <summary>Stages all ops on all tiles. After a failure the caller aborts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Prepare<TShape>(VmContext vm, BindCall call)
        where TShape : struct, ICallShape
    {
        call.Reached = CallStage.Staging;
        TileUpdate[] tiles = call.Tiles;
        for (int i = 0; TShape.IsPlain || i < tiles.Length; i++)
        {
            TileUpdate tile = tiles[i];
            tile.ReservedOps = call.Parsing.PtOps;
            // SAFETY: the list of ops does not change any more.
            GpuvaOp* end = call.Ops.End;
            for (GpuvaOp* op = call.Ops.First; op < end; op++)
            {
                if (OpStage.Stage(op->Kind, vm, tile, *op) != Outcome.Done)
                    return call.RefusedAt(op->BindIndex);
            }

            if (!TShape.IsPlain && call.Fails(FailurePoint.Prepare))
                return InjectedFailure.AtPrepare(call, tile.Tile);
            if (TShape.IsPlain)
                break;
        }

        return Outcome.Done;
    }

    /// <summary>Takes back what all tiles have staged.</summary>
    public static void Abort(VmContext vm)
    {
        for (int i = vm.Call.Tiles.Length - 1; i >= 0; i--)
            vm.Stager.Abort(vm.Call.Tiles[i]);
    }
}
