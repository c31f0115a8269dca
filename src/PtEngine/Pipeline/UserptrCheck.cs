using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>
/// The last look at the userptrs that a request binds: have their pages changed since they were collected (PT-168)? A fault-mode VM binds nothing then, and the caller repeats
/// with the pages of now (BIND-207). The others go on, for the VMA is in the list of those that are repinned before anything runs.
/// </summary>
/// <remarks>Concurrency: the reference keeps the notifier lock from here to the end of the run (PT-167). Here the caller is inside the VM until the bind is registered, and whoever
/// invalidates enters the VM before it looks whom to wait for (<c>docs/concurrency/userptr.md</c>); so a change that comes after the look waits for the bind and
/// takes it away.</remarks>
internal static class UserptrCheck
{
    /// <summary>Looks at what the ops of a request bind: MAP unless it is deferred, pieces that are not skipped, PREFETCH.</summary>
    /// <returns>Ok or -EAGAIN.</returns>
    public static Errno Run(VmContext vm)
    {
        if (vm.Userptrs.Count == 0)
            return Errno.Ok;

        for (int i = 0; i < vm.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Ops[i];
            Errno error = op.Kind switch
            {
                GpuvaOpKind.Map => op.Immediate || !vm.Facts.IsFaultMode ? Check(vm, op.Vma, op.BindIndex) : Errno.Ok,
                GpuvaOpKind.Remap => Check(vm, op),
                GpuvaOpKind.Prefetch => Check(vm, op.Vma, op.BindIndex),
                _ => Errno.Ok,
            };
            if (error != Errno.Ok)
                return error;
        }

        return Errno.Ok;
    }

    /// <summary>Looks at one VMA.</summary>
    /// <returns>Ok or -EAGAIN.</returns>
    public static Errno Check(VmContext vm, int vma, int opIndex = -1)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (v.Userptr == 0)
            return Errno.Ok;

        bool isStale = vm.Faults.Fires(FaultPoint.UserptrCheck);
        if (!vm.Facts.IsFaultMode)
        {
            if (isStale)
                vm.Userptrs.Invalidate(v.Userptr, lists: true);
            return Errno.Ok;
        }

        return isStale || vm.Userptrs.IsStale(v.Userptr) ? vm.Refuse(Refusals.VmBindPagesChanged(v.Start), opIndex) : Errno.Ok;
    }

    private static Errno Check(VmContext vm, in GpuvaOp op)
    {
        Errno error = op.Previous.Exists && !op.Previous.Skip ? Check(vm, op.Previous.Vma, op.BindIndex) : Errno.Ok;
        return error == Errno.Ok && op.Next.Exists && !op.Next.Skip ? Check(vm, op.Next.Vma, op.BindIndex) : error;
    }
}
