using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>Brings a VM that is not in fault mode up to date after its BOs moved: validates them and rebinds all their VMAs (BIND-264, EVT-005).</summary>
internal static class EvictedRebind
{
    /// <summary>Repeats until nothing is evicted. The VMAs of all evicted BOs are rebound in one go, BOs in the order they moved, VMAs in link
    /// order. The caller is inside the VM.</summary>
    /// <returns>Ok; what validating or binding failed with: the BOs are still evicted and the reason is in <see cref="VmContext.Why"/>; or
    /// <see cref="Residency.Restart"/>.</returns>
    public static Errno Run(VmContext vm, MoveTally tally)
    {
        vm.Evicted.Prune(vm.Space);
        while (vm.Evicted.Count > 0)
        {
            int[] vmas = Collect(vm);
            int count = vm.Evicted.Count;
            Errno error = VmaRebind.Run(vm, vmas, mayEvictOwn: false);
            if (error != Errno.Ok)
                return error;
            tally.CountRebind();
            // Validating may have moved BOs, but only those that stand in the list already: the VM's own are not driven out (EVT-010).
            if (vm.Evicted.Count == count)
                vm.Evicted.Clear();
        }

        return Errno.Ok;
    }

    private static int[] Collect(VmContext vm)
    {
        var vmas = new List<int>();
        foreach (BufferObject bo in vm.Evicted.Items)
        {
            for (int vma = vm.Space.BoVmas.First(bo.Slot); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            {
                // A VMA that no tile has entries for has nothing to bring up to date.
                if (vm.Space.Vmas[vma].TilePresent != 0)
                    vmas.Add(vma);
            }
        }

        return [.. vmas];
    }
}
