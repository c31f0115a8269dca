using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>Brings the mappings of a moved BO up to date in one VM (BIND-263 to BIND-266).</summary>
internal static class BoMove
{
    /// <summary>Fault mode: every VMA of the BO is invalidated and refaults. Other modes: every VMA is rebound, in link order, in one go.</summary>
    /// <returns>Ok, or what the rebind failed with; then the tables still show the old place.</returns>
    public static Errno Notify(VmContext vm, int bo)
    {
        vm.Begin();
        if (!vm.Facts.IsFaultMode)
            return Rebind(vm, bo);

        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            VmaInvalidate.Run(vm, vma);
        return Errno.Ok;
    }

    private static Errno Rebind(VmContext vm, int bo)
    {
        int count = 0;
        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            count++;
        if (count == 0)
            return Errno.Ok;

        var vmas = new int[count];
        int at = 0;
        for (int vma = vm.Space.BoVmas.First(bo); vma != 0; vma = vm.Space.BoVmas.Next(vma))
            vmas[at++] = vma;
        return VmaRebind.Run(vm, vmas);
    }
}
