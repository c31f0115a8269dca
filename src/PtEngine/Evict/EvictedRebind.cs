using XePt.Calls;
using XePt.Diagnostics;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Userptr;

namespace XePt.Evict;

/// <summary>Brings a VM that is not in fault mode up to date: repins its invalidated userptrs, validates its moved BOs, and rebinds the
/// VMAs of both (BIND-264, BIND-268, EVT-005).</summary>
internal static class EvictedRebind
{
    /// <summary>Repeats until nothing is evicted or invalidated. Everything is rebound in one go: userptrs in the order they were
    /// invalidated, then BOs in the order they moved, VMAs in link order. The caller is inside the VM.</summary>
    /// <returns>Done; refused by what validating or binding failed with: all are still in their lists then; or start again.</returns>
    public static Outcome Run(VmContext vm, MoveTally tally)
    {
        vm.Evicted.Prune(vm.Space);
        var vmas = new List<int>();
        while (!vm.IsUpToDate)
        {
            vmas.Clear();
            StageEvents.Begin(vm, RoadStage.Populate);
            Outcome outcome = StageEvents.End(vm, RoadStage.Populate, UserptrRepin.Run(vm, vmas));
            if (outcome != Outcome.Done)
                return outcome;
            AddEvicted(vm, vmas);
            int count = vm.Evicted.Count;
            if (vm.Watch.IsTraced)
                Trace(vm, vmas);
            outcome = vmas.Count == 0 ? Outcome.Done : VmaRebind.Run(vm, [.. vmas], mayEvictOwn: false);
            if (outcome != Outcome.Done)
                return outcome;
            tally.CountRebind();
            UserptrRepin.Unlist(vm, vmas);
            // Validating may have moved BOs, but only those that stand in the list already: the VM's own are not driven out (EVT-010).
            if (vm.Evicted.Count == count)
                vm.Evicted.Clear(vm.Space);
        }

        return Outcome.Done;
    }

    /// <summary>In preempt-fence VMs the worker brings them up to date, in the others an EXEC.</summary>
    private static void Trace(VmContext vm, List<int> vmas)
    {
        foreach (int vma in vmas)
        {
            if (vm.Preemption is not null)
                EngineEvents.VmaRebindWorker(vm.Watch, VmaEvents.Of(vm, vma));
            else
                EngineEvents.VmaRebindExec(vm.Watch, VmaEvents.Of(vm, vma));
        }
    }

    private static void AddEvicted(VmContext vm, List<int> vmas)
    {
        foreach (BufferObject bo in vm.Evicted.Items)
        {
            for (int vma = vm.Space.BoVmas.First(bo.Slot); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            {
                // A VMA that no tile has entries for has nothing to bring up to date.
                if (vm.Space.Vmas[vma].TilePresent != 0)
                    vmas.Add(vma);
            }
        }
    }
}
