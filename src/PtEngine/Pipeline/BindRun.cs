using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>Runs a prepared request: submits the tables tile by tile, commits the VMAs (PT-143).</summary>
internal static class BindRun
{
    /// <summary>Runs all tiles. Failures exist only before anything of the request is visible: pages of a userptr that have changed meanwhile (-EAGAIN), and
    /// injected ones, of which one on a later tile bans the VM (BIND-206), because on hardware the tiles before it have run.</summary>
    public static Errno Run(VmContext vm)
    {
        foreach (TileUpdate tile in vm.Tiles)
        {
            if (!tile.HasWork || !vm.Fails(FaultPoint.Run))
                continue;

            BindStage.Abort(vm);
            if (tile.Tile > 0)
                vm.Ban();
            return InjectedFailure.AtRun(vm, tile.Tile);
        }

        Errno error = UserptrCheck.Run(vm);
        if (error != Errno.Ok)
        {
            BindStage.Abort(vm);
            return error;
        }

        foreach (TileUpdate tile in vm.Tiles)
            BindSubmit.Submit(vm, tile, vm.Queue);
        for (int i = 0; i < vm.Ops.Count; i++)
            CommitDispatch.Dispatch(vm.Ops[i].Kind, vm, ref vm.Ops[i]);
        return Errno.Ok;
    }
}
