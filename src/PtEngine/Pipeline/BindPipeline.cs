using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>
/// The way of a bind, top to bottom: Split, Stage, Run, Flush, Signal. Validation came before (<c>Validate/</c>); the requests stand in
/// <see cref="VmContext.Requests"/>. Any failure takes everything back: VMA map, planned tree, counts, pool.
/// </summary>
internal static class BindPipeline
{
    /// <summary>Runs the requests of one call.</summary>
    /// <returns>Ok; -ENODATA when there was nothing to submit and the new VMA list stays (BIND-209); else the errno, all undone and
    /// <see cref="VmContext.Why"/> set.</returns>
    public static Errno Execute(VmContext vm)
    {
        vm.Parser.UserFence = vm.PendingUserFence;
        Errno error = Split(vm);
        if (error == Errno.Ok)
            error = StageAndRun(vm);

        vm.ForcedFailure = FaultPoint.None;
        if (error is Errno.Ok or Errno.ENODATA)
        {
            Finish(vm);
            return error;
        }

        Unwind(vm);
        if (vm.Evicted.Count > 0)
            vm.Evicted.Prune(vm.Space);
        return error;
    }

    /// <summary>Bind ops → GPUVA ops, each applied to the VMA map before the next is looked at (BIND-052).</summary>
    private static Errno Split(VmContext vm)
    {
        for (int i = 0; i < vm.Requests.Count; i++)
        {
            ref BindRequest request = ref vm.Requests[i];
            vm.Parser.AllowsRangeRemoval |= request.Has(VmBindFlags.CpuAddrMirror);
            int first = vm.Ops.Count;
            Errno error = vm.Faults.Fires(FaultPoint.OpsCreate) ? Errno.ENOMEM : vm.OpFactory.Create(request, i, vm.Ops);
            if (error != Errno.Ok)
                return vm.Refuse(error == Errno.EINVAL ? Refusals.VmBindRangeIsOutside(request.Start) : Refusals.VmBindNoVmas(request.Start), i);

            for (int op = first; op < vm.Ops.Count; op++)
            {
                error = vm.Parser.Parse(ref vm.Ops[op]);
                if (error != Errno.Ok)
                    return vm.Refuse(vm.Parser.Why, i);
            }

            if (request.ForceError)
                vm.ForcedFailure = vm.Faults.NextForced();
        }

        for (int op = 0; op < vm.Ops.Count; op++)
            vm.Parser.SettlePrefetch(ref vm.Ops[op]);
        vm.ReachedParsed = true;
        return Errno.Ok;
    }

    private static Errno StageAndRun(VmContext vm)
    {
        if (vm.Ops.Count == 0)
            return Errno.ENODATA;
        if (vm.Faults.Fires(FaultPoint.PtOpAllocation))
            return vm.Refuse(vm.Requests.Count > 1 ? Refusals.VmBindTooManyPtOps((ulong)vm.Requests.Count) : Refusals.VmBindNoPtOps(1));

        Errno error = BindLock.Validate(vm);
        if (error != Errno.Ok)
            return error;
        if (vm.Parser.PtOps == 0)
            return Errno.ENODATA;

        error = BindStage.Prepare(vm);
        if (error == Errno.Ok)
            error = BindRun.Run(vm);
        if (error == Errno.Ok)
            vm.Done = BindSubmit.Join(vm, vm.Queue, waitsForFlushes: true);
        return error;
    }

    private static void Finish(VmContext vm)
    {
        vm.Vmas.ReleaseAfter = vm.Done;
        for (int i = 0; i < vm.Ops.Count; i++)
            vm.Parser.Finish(ref vm.Ops[i]);
        vm.Vmas.ReleaseAfter = Fence.Signalled;
        if (vm.Evicted.Count > 0)
            vm.Evicted.Prune(vm.Space);
    }

    /// <summary>Undoes what parsing applied to the VMA map, newest first.</summary>
    private static void Unwind(VmContext vm)
    {
        vm.Gate.IsSuspended = true;
        for (int i = vm.Ops.Count - 1; i >= 0; i--)
            vm.Parser.Unwind(ref vm.Ops[i]);
        vm.Gate.IsSuspended = false;
    }
}
