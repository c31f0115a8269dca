using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>Brings the mappings of a moved BO up to date in one VM (BIND-263 to BIND-266).</summary>
internal static class BoMove
{
    /// <summary>The BO has just got its new place and nothing is bound to it yet. Fault mode: every VMA of the BO is invalidated and refaults.
    /// Other modes: every VMA is marked, for <see cref="Rebind"/>.</summary>
    public static void Begin(VmContext vm, int bo)
    {
        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
        {
            if (vm.Facts.IsFaultMode)
                VmaInvalidate.Run(vm, vma);
            else
                vm.Space.Vmas[vma].IsStale = true;
        }
    }

    /// <summary>Rebinds the VMAs that still show the old place, in link order, in one go. Those bound since the move do not.</summary>
    /// <returns>Ok, or what the rebind failed with; then the tables still show the old place.</returns>
    public static Errno Rebind(VmContext vm, int bo)
    {
        int count = 0;
        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            count += vm.Space.Vmas[vma].IsStale ? 1 : 0;
        if (count == 0)
            return Errno.Ok;

        var vmas = new int[count];
        int at = 0;
        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
        {
            if (vm.Space.Vmas[vma].IsStale)
                vmas[at++] = vma;
        }

        return VmaRebind.Run(vm, vmas);
    }
}
