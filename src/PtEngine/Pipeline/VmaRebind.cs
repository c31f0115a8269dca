using XePt.Gpuva;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Writes the tables of VMAs that are in the map already: after a fault, or because their BO moved. Enters the road at Stage.</summary>
internal static class VmaRebind
{
    /// <summary>Rebinds VMAs in one go, each as an immediate MAP that waits for everything of the VM (PT-151, PT-152).</summary>
    /// <param name="vm">The VM, which the caller is inside of.</param>
    /// <param name="vmas">The VMAs.</param>
    /// <param name="mayEvictOwn">What is made resident for it may drive out BOs that the VM maps.</param>
    /// <returns>Ok; an errno with tables and VMAs as before, among them -EAGAIN in fault mode (<see cref="UserptrCheck"/>); or <see cref="Residency.Restart"/>.</returns>
    public static Errno Run(VmContext vm, ReadOnlySpan<int> vmas, bool mayEvictOwn)
    {
        vm.Begin();
        Errno error = MakeResident(vm, vmas, mayEvictOwn);
        if (error != Errno.Ok)
            return error;

        vm.ReachedStaging = true;
        error = Stage(vm, vmas);
        for (int i = 0; i < vmas.Length && error == Errno.Ok; i++)
            error = UserptrCheck.Check(vm, vmas[i]);
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

    /// <summary>Before anything is staged, because a BO that has to move for it may take mappings away.</summary>
    private static Errno MakeResident(VmContext vm, ReadOnlySpan<int> vmas, bool mayEvictOwn)
    {
        foreach (int vma in vmas)
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            if (!v.HasBo)
                continue;

            Errno error = BindLock.MakeResident(vm, vm.Memory.Bos[v.Bo], mayEvictOwn);
            if (error != Errno.Ok)
                return Explain(vm, error, v);
        }

        return Errno.Ok;
    }

    private static Errno Explain(VmContext vm, Errno error, in Vma v) => error switch
    {
        Errno.ENOMEM => vm.Refuse(Refusals.VmBindNoResidency(v.Start)),
        Errno.EBUSY => vm.Refuse(Refusals.VmBindBoIsBusy(v.Start)),
        Errno.E2BIG => vm.Refuse(Refusals.VmBindObjectIsTooLarge(v.Start)),
        _ => error,
    };

    private static Errno Stage(VmContext vm, ReadOnlySpan<int> vmas)
    {
        foreach (TileUpdate tile in vm.Tiles)
        {
            tile.ReservedOps = vmas.Length;
            tile.WaitBookkeep = true;
            foreach (int vma in vmas)
            {
                ref Vma v = ref vm.Space.Vmas[vma];
                BindSources.ForVma(vm, vma, clear: false, out BindSource source);
                Errno error = vm.Stager.Bind(tile, vma, ref source, ref vm.FlushSeqno);
                if (error != Errno.Ok)
                    return BindStage.Explain(vm, error, v.Start);
            }
        }

        return Errno.Ok;
    }
}
