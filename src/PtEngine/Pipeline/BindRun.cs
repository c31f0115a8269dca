using XePt.Commit;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Runs a prepared request: writes the tables tile by tile, counts the flushes, commits the VMAs (PT-143).</summary>
internal static class BindRun
{
    /// <summary>Runs all tiles. Failures exist only by injection and before anything of the request is visible; one on a later tile bans
    /// the VM (BIND-206), because on hardware the tiles before it have run.</summary>
    public static Errno Run(VmContext vm)
    {
        foreach (TileUpdate tile in vm.Tiles)
        {
            if (!tile.HasWork || !vm.Faults.Fires(FaultPoint.Run))
                continue;

            BindStage.Abort(vm);
            vm.IsBanned |= tile.Tile > 0;
            vm.Why = Refusals.VmBindInjectedAtRun((ulong)tile.Tile);
            return vm.Why.Errno;
        }

        foreach (TileUpdate tile in vm.Tiles)
            Publish(vm, tile);
        for (int i = 0; i < vm.Ops.Count; i++)
            CommitDispatch.Dispatch(vm.Ops[i].Kind, vm, ref vm.Ops[i]);
        return Errno.Ok;
    }

    /// <summary>Writes one tile's update and frees what it displaced. Cannot fail (PT-144).</summary>
    public static void Publish(VmContext vm, TileUpdate tile)
    {
        if (!tile.HasWork)
            return;

        TableCommit.Write(tile);
        vm.Counters.Commits++;
        vm.Counters.TablesMade += tile.NewTables.Count;
        foreach (ref readonly PtUpdate update in tile.Updates.Items)
            vm.Counters.EntriesPublished += update.Count;
        if (tile.NeedsInvalidation)
            vm.Counters.RequestInvalidations += vm.Facts.Platform.HasMediaGt ? 2 : 1;
        vm.Counters.TablesFreed += TableCommit.FreeDisplaced(tile);
        tile.NewTables.Clear();
    }
}
