using XePt.Calls;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Userptr;

/// <summary>Pins the invalidated userptrs of a VM that is not in fault mode anew, before anything runs in it (UPTR-031, UPTR-033). The
/// caller is inside the VM.</summary>
internal static class UserptrRepin
{
    /// <summary>Pins what is in the list, in the order it was invalidated. A userptr whose memory is gone leaves the list, and its entries
    /// are zapped (UPTR-034).</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="rebind">Receives the VMAs that are to be rebound; they stay in the list until <see cref="Unlist"/>.</param>
    /// <returns>Done; refused when pages are there and cannot be had (UPTR-035), or again when they are in the middle of a change: then
    /// those not pinned yet are in the list as before, and the others to be rebound.</returns>
    public static Outcome Run(VmContext vm, List<int> rebind)
    {
        int first = rebind.Count;
        vm.Userptrs.CollectListed(rebind);
        int kept = first;
        Outcome outcome = Outcome.Done;
        for (int i = first; i < rebind.Count && outcome == Outcome.Done; i++)
        {
            outcome = Pin(vm, rebind[i], out bool isPinned);
            if (!isPinned)
                continue;
            vm.Userptrs.MarkRepinned(vm.Space.Vmas[rebind[i]].Userptr);
            rebind[kept++] = rebind[i];
        }

        rebind.RemoveRange(kept, rebind.Count - kept);
        return outcome;
    }

    /// <summary>They are rebound: those whose pages have not changed again leave the list.</summary>
    public static void Unlist(VmContext vm, List<int> rebound)
    {
        foreach (int vma in rebound)
        {
            if (vm.Space.Vmas[vma].Userptr is var number and not 0)
                vm.Userptrs.UnlistBound(number);
        }
    }

    private static Outcome Pin(VmContext vm, int vma, out bool isPinned)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        isPinned = false;
        while (vm.Userptrs.IsStale(v.Userptr))
        {
            ulong state = vm.Userptrs.Read(v.Userptr);
            Errno error = vm.Repin(v);
            if (error == Errno.EAGAIN)
                return Outcome.Again;
            if (error is not (Errno.Ok or Errno.EFAULT))
                return vm.Call.Refuse(Refusals.UserptrIsNotPinned(error, v.Offset));
            if (error == Errno.Ok || !vm.Userptrs.TryGiveUp(v.Userptr, state))
                continue;
            VmaInvalidate.Submit(vm, vma);
            return Outcome.Done;
        }

        isPinned = true;
        return Outcome.Done;
    }
}
