using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>Locking and validation before staging: unsignalled user fences, residency, migration (specification 02 section 12.1).</summary>
internal static class BindLock
{
    /// <summary>Checks and makes resident what the ops touch, in op order.</summary>
    public static Errno Validate(VmContext vm)
    {
        if (vm.Faults.Fires(FaultPoint.Execute))
            return vm.Refuse(Refusals.VmBindNoPtOps((ulong)vm.Requests.Count));

        for (int i = 0; i < vm.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Ops[i];
            Rejection why = Validate(vm, op);
            if (why.IsRejected)
                return vm.Refuse(why, op.BindIndex);
        }

        return vm.Faults.Fires(FaultPoint.Lock) ? InjectedFailure.AtLock(vm) : Errno.Ok;
    }

    private static Rejection Validate(VmContext vm, in GpuvaOp op)
    {
        switch (op.Kind)
        {
            case GpuvaOpKind.Map:
                return op.Immediate || !vm.Facts.IsFaultMode ? MakeResident(vm, op.Vma) : default;
            case GpuvaOpKind.Unmap:
                return CheckUserFence(vm, op.Vma);
            case GpuvaOpKind.Remap:
                Rejection why = CheckUserFence(vm, op.Vma);
                if (!why.IsRejected && op.Previous.Exists)
                    why = MakeResident(vm, op.Previous.Vma);
                return !why.IsRejected && op.Next.Exists ? MakeResident(vm, op.Next.Vma) : why;
            default:
                return Migrate(vm, op);
        }
    }

    /// <summary>A VMA with an unsignalled user fence can be neither unmapped nor split (BIND-195, BIND-253).</summary>
    private static Rejection CheckUserFence(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        return v.UserFence != 0 && !vm.UserFences.IsSignalled(v.UserFence) ? Refusals.VmBindUserFenceIsPending(v.Start) : default;
    }

    private static Rejection MakeResident(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (!v.HasBo || vm.Memory.EnsureBacking(vm.Memory.Bos[v.Bo]) == Errno.Ok)
            return default;
        return Refusals.VmBindNoResidency(v.Start);
    }

    /// <summary>PREFETCH moves a BO into the region asked for; region -1 leaves it where it is (BIND-140, BIND-197).</summary>
    private static Rejection Migrate(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        if (!v.HasBo)
            return default;

        BufferObject bo = vm.Memory.Bos[v.Bo];
        if (op.Region == uint.MaxValue)
            return MakeResident(vm, op.Vma);
        if ((bo.Placements & (1u << (int)op.Region)) == 0)
            return Refusals.VmBindPrefetchIsMisplaced(op.Region);
        if (bo.Backing is not null && bo.Region == op.Region)
            return default;
        return vm.Memory.Move(bo, (int)op.Region) == Errno.Ok ? default : Refusals.VmBindNoResidency(v.Start);
    }
}
