using XePt.Calls;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Pipeline;

/// <summary>Writes the tables of VMAs that are in the map already: after a fault, or because their BO moved. Enters the road at
/// Stage.</summary>
internal static class VmaRebind
{
    /// <summary>Rebinds VMAs in one go, each as an immediate MAP that waits for everything of the VM (PT-151, PT-152).</summary>
    /// <param name="vm">The VM, which the caller is inside of.</param>
    /// <param name="vmas">The VMAs.</param>
    /// <param name="mayEvictOwn">What is made resident for it may drive out BOs that the VM maps.</param>
    /// <param name="tiles">The tiles to bind on.</param>
    /// <returns>Done; refused, with tables and VMAs as before, among others with -EAGAIN in fault mode (BIND-207); or start
    /// again.</returns>
    public static Outcome Run(VmContext vm, ReadOnlySpan<int> vmas, bool mayEvictOwn, uint tiles = uint.MaxValue)
    {
        BindCall call = vm.Call;
        call.BeginSubmission();
        Outcome outcome = MakeResident(vm, vmas, mayEvictOwn);
        if (outcome != Outcome.Done)
            return outcome;

        call.Reached = CallStage.Staging;
        StageEvents.Begin(vm, RoadStage.Stage);
        outcome = StageEvents.End(vm, RoadStage.Stage, Stage(vm, vmas, tiles));
        return Submission.RunOrAbort(vm, outcome, vm.Jobs.FaultQueue, waitsForFlushes: false);
    }

    /// <summary>Before anything is staged, because a BO that has to move for it may take mappings away.</summary>
    private static Outcome MakeResident(VmContext vm, ReadOnlySpan<int> vmas, bool mayEvictOwn)
    {
        foreach (int vma in vmas)
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            if (v.HasBo && vm.Watch.IsTraced)
                BoEvents.Validate(vm.Watch, vm.Memory.Bos[v.Bo]);
            Outcome outcome = v.HasBo ? OpResidency.Require(vm, vm.Memory.Bos[v.Bo], mayEvictOwn, v.Start) : Outcome.Done;
            if (outcome != Outcome.Done)
                return outcome;
        }

        return Outcome.Done;
    }

    private static Outcome Stage(VmContext vm, ReadOnlySpan<int> vmas, uint tiles)
    {
        foreach (TileUpdate tile in vm.Call.Tiles)
        {
            if ((tiles & tile.TileBit) == 0)
                continue;
            tile.ReservedOps = vmas.Length;
            tile.WaitBookkeep = true;
            foreach (int vma in vmas)
            {
                ref Vma v = ref vm.Space.Vmas[vma];
                ref readonly LeafTemplates leaves = ref BindSources.ForVma(vm, v, clear: false, out BindSource source);
                Outcome outcome = vm.Stager.Bind(tile, vma, ref v, ref source, in leaves, vm.Call.Number, ref vm.FlushSeqno);
                if (outcome != Outcome.Done)
                    return outcome;
            }
        }

        return Outcome.Done;
    }
}
