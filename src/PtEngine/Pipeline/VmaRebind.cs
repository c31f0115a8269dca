using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>Writes the tables of VMAs that are in the map already: after a fault, or because their BO moved. Enters the road at Stage.</summary>
internal static class VmaRebind
{
    /// <summary>Rebinds VMAs in one go, each as an immediate MAP that waits for everything of the VM (PT-151, PT-152).</summary>
    /// <returns>Ok, or an errno with tables and VMAs as before.</returns>
    public static Errno Run(VmContext vm, ReadOnlySpan<int> vmas)
    {
        vm.Begin();
        vm.ReachedStaging = true;
        Errno error = Stage(vm, vmas);
        if (error != Errno.Ok)
        {
            BindStage.Abort(vm);
            return error;
        }

        foreach (TileUpdate tile in vm.Tiles)
            BindSubmit.Submit(vm, tile, vm.Jobs.FaultQueue);
        vm.Done = BindSubmit.Join(vm, vm.Jobs.FaultQueue, waitsForFlushes: false);
        foreach (int vma in vmas)
        {
            CommitDispatch.CommitBind(vm, vma);
            vm.Space.Vmas[vma].TilePending = 0;
        }

        return Errno.Ok;
    }

    private static Errno Stage(VmContext vm, ReadOnlySpan<int> vmas)
    {
        foreach (TileUpdate tile in vm.Tiles)
        {
            tile.ReservedOps = vmas.Length;
            tile.WaitBookkeep = true;
            foreach (int vma in vmas)
            {
                ref Vma v = ref vm.Space.Vmas[vma];
                if (v.HasBo && vm.Memory.EnsureBacking(vm.Memory.Bos[v.Bo]) != Errno.Ok)
                    return BindStage.Explain(vm, Errno.ENOMEM, v.Start);

                Errno error = vm.Stager.Bind(tile, vma, BindSources.ForVma(vm, vma, clear: false), ref vm.FlushSeqno);
                if (error != Errno.Ok)
                    return BindStage.Explain(vm, error, v.Start);
            }
        }

        return Errno.Ok;
    }
}
