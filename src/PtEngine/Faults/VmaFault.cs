using XePt.Calls;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Faults;

/// <summary>A page fault as a plain page-table operation: find the VMA, bind it unless its mapping is valid.</summary>
internal static class VmaFault
{
    /// <summary>Resolves a fault at an address.</summary>
    /// <returns>Done; refused: -EINVAL when no VMA is there; -EOPNOTSUPP for a mirror, which needs the SVM policy; -EFAULT when the memory
    /// of a userptr is gone (FLT-046); or what binding fails with.</returns>
    public static Outcome Resolve(VmContext vm, ulong va)
    {
        int vma = vm.FindVma(va);
        if (vma == 0)
            return vm.Call.Refuse(Refusals.FaultOutsideVma(va));

        ref Vma v = ref vm.Space.Vmas[vma];
        if (v.IsMirror)
            return vm.Call.Refuse(Refusals.FaultInMirror(va));

        bool isValid = (v.TilePresent & ~v.TileInvalidated) == vm.Facts.TileMask;
        return isValid ? Outcome.Done : Bind(vm, vma, va);
    }

    /// <summary>Binds a VMA; a userptr with the pages of now, however often they change meanwhile (PT-170).</summary>
    private static Outcome Bind(VmContext vm, int vma, ulong va)
    {
        Outcome outcome;
        do
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            Errno error = v.Userptr != 0 && vm.Userptrs.IsStale(v.Userptr) ? vm.Repin(v) : Errno.Ok;
            if (error != Errno.Ok)
            {
                return vm.Call.Refuse(
                    error == Errno.ENOMEM ? Refusals.VmBindUserptrIsNotPinned(v.Offset) : Refusals.FaultUserptrIsNotMapped(va));
            }

            outcome = VmaRebind.Run(vm, [vma], mayEvictOwn: true);
        }
        while (outcome == Outcome.Refused && vm.Call.Why.Errno == Errno.EAGAIN);

        return outcome;
    }
}
