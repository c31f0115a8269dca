using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Prepares the page-table side of a parsed request on every tile (specification 02 section 12.2, PT-122).</summary>
internal static class BindStage
{
    /// <summary>Stages all ops on all tiles; on failure everything staged is taken back.</summary>
    public static Errno Prepare(VmContext vm)
    {
        vm.ReachedStaging = true;
        foreach (TileUpdate tile in vm.Tiles)
        {
            tile.ReservedOps = vm.Parser.PtOps;
            Errno error = Prepare(vm, tile);
            if (error == Errno.Ok && vm.Fails(FaultPoint.Prepare))
                error = InjectedFailure.AtPrepare(vm, tile.Tile);
            if (error == Errno.Ok)
                continue;

            Abort(vm);
            return error;
        }

        return Errno.Ok;
    }

    /// <summary>Takes back what all tiles have staged.</summary>
    public static void Abort(VmContext vm)
    {
        for (int i = vm.Tiles.Length - 1; i >= 0; i--)
            vm.Stager.Abort(vm.Tiles[i]);
    }

    /// <summary>Turns a staging failure into the reason for it.</summary>
    public static Errno Explain(VmContext vm, Errno error, ulong va, int opIndex = -1)
    {
        if (error != Errno.EINVAL)
            return vm.Refuse(Refusals.VmBindNoPageTables(va), opIndex);
        vm.Counters.Warnings++;
        return vm.Refuse(Refusals.VmBindVramNeeds64K(va), opIndex);
    }

    private static Errno Prepare(VmContext vm, TileUpdate tile)
    {
        for (int i = 0; i < vm.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Ops[i];
            Errno error = PrepareDispatch.Dispatch(op.Kind, vm, tile, ref op);
            if (error != Errno.Ok)
                return Explain(vm, error, op.Start, op.BindIndex);
        }

        return Errno.Ok;
    }
}
