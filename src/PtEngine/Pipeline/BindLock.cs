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
    /// <returns>Ok; the errno of a refusal; or <see cref="Residency.Restart"/>.</returns>
    public static Errno Validate(VmContext vm)
    {
        if (vm.Faults.Fires(FaultPoint.Execute))
            return vm.Refuse(Refusals.VmBindNoPtOps((ulong)vm.Requests.Count));

        for (int i = 0; i < vm.Ops.Count; i++)
        {
            ref GpuvaOp op = ref vm.Ops[i];
            Errno error = Validate(vm, op);
            if (error != Errno.Ok)
                return error;
        }

        return vm.Fails(FaultPoint.Lock) ? InjectedFailure.AtLock(vm) : Errno.Ok;
    }

    private static Errno Validate(VmContext vm, in GpuvaOp op)
    {
        switch (op.Kind)
        {
            case GpuvaOpKind.Map:
                return op.Immediate || !vm.Facts.IsFaultMode ? MakeResident(vm, op, op.Vma) : Errno.Ok;
            case GpuvaOpKind.Unmap:
                return CheckUserFence(vm, op);
            case GpuvaOpKind.Remap:
                Errno error = CheckUserFence(vm, op);
                if (error == Errno.Ok && op.Previous.Exists)
                    error = MakeResident(vm, op, op.Previous.Vma);
                return error == Errno.Ok && op.Next.Exists ? MakeResident(vm, op, op.Next.Vma) : error;
            default:
                return Migrate(vm, op);
        }
    }

    /// <summary>A VMA with an unsignalled user fence can be neither unmapped nor split (BIND-195, BIND-253).</summary>
    private static Errno CheckUserFence(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        bool isPending = v.UserFence != 0 && !vm.UserFences.IsSignalled(v.UserFence);
        return isPending ? vm.Refuse(Refusals.VmBindUserFenceIsPending(v.Start), op.BindIndex) : Errno.Ok;
    }

    private static Errno MakeResident(VmContext vm, in GpuvaOp op, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        return v.HasBo ? Explain(vm, MakeResident(vm, vm.Memory.Bos[v.Bo], MayEvictOwn(vm)), op, v.Start) : Errno.Ok;
    }

    /// <summary>Makes a BO resident, which is nothing to do for one that is, and notes that it is in use.</summary>
    /// <returns>As <see cref="Residency.MakeResident"/>.</returns>
    internal static Errno MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn)
    {
        Errno error = bo.IsSettled ? Errno.Ok : Settle(vm, bo, mayEvictOwn);
        vm.Memory.Touch(bo);
        return error;
    }

    private static Errno Settle(VmContext vm, BufferObject bo, bool mayEvictOwn)
    {
        // It may take memory that is only waiting to be let go of.
        vm.Vmas.Deferred.Harvest();
        return vm.Residency.MakeResident(vm, bo, mayEvictOwn);
    }

    /// <summary>PREFETCH moves a BO into the region asked for; region -1 leaves it where it is (BIND-140, BIND-197).</summary>
    private static Errno Migrate(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        if (!v.HasBo)
            return Errno.Ok;
        if (op.Region == uint.MaxValue)
            return MakeResident(vm, op, op.Vma);

        BufferObject bo = vm.Memory.Bos[v.Bo];
        int region = (int)op.Region;
        Errno error = Errno.Ok;
        if (bo.Place is not { } place || place.Region != region)
        {
            if (bo.IsPinned)
                return vm.Refuse(Refusals.VmBindPrefetchIsPinned(op.Region), op.BindIndex);
            if (!bo.MayBeIn(region))
                return vm.Refuse(Refusals.VmBindPrefetchIsMisplaced(op.Region), op.BindIndex);
            error = vm.Residency.Migrate(vm, bo, region, MayEvictOwn(vm));
        }

        vm.Memory.Touch(bo);
        return Explain(vm, error, op, v.Start);
    }

    /// <summary>BIND-021.</summary>
    private static bool MayEvictOwn(VmContext vm) => vm.Facts.Mode != VmMode.PreemptFence && vm.Requests.Count <= 1;

    private static Errno Explain(VmContext vm, Errno error, in GpuvaOp op, ulong va) => error switch
    {
        Errno.ENOMEM => vm.Refuse(Refusals.VmBindNoResidency(va), op.BindIndex),
        Errno.EBUSY => vm.Refuse(Refusals.VmBindBoIsBusy(va), op.BindIndex),
        Errno.E2BIG => vm.Refuse(Refusals.VmBindObjectIsTooLarge(va), op.BindIndex),
        _ => error,
    };
}
