using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>
/// Parses a GPUVA op and applies it to the VMA map before the next one is looked at (specification 02 section 11): makes the new VMAs, and
/// decides, once for all later stages, what the op does to tables. A refused op leaves the map and itself as they were.
/// </summary>
internal static unsafe partial class OpParse
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial Outcome Parse(GpuvaOpKind kind, GpuvaVm vm, ref ParseState state, ref GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Map(GpuvaVm vm, ref ParseState state, ref GpuvaOp op)
    {
        OpPlan plan = PlanOf(vm.Facts, op);
        Errno error = vm.Vmas.Create(ref op, state.Call, awaitsBind: plan != OpPlan.Nothing, ref state.HoldsBo);
        if (error != Errno.Ok)
            return RefuseVma(vm, error, op.Start, op.Offset);
        if (!vm.Space.TryInsertFree(op.Vma, op.Start))
        {
            vm.Vmas.Destroy(op.Vma, after: Fence.Signalled);
            return vm.Call.Refuse(&Refusals.VmBindNoVmas, op.Start);
        }

        op.Plan = plan;
        // A mirror that replaces scratch entries is counted, although it stages nothing.
        if (plan != OpPlan.Nothing || op.InvalidateOnBind)
            state.PtOps++;
        if (plan == OpPlan.Bind && op.Bo != 0 && vm.Vmas.NeedsLook(op.Bo))
            state.NeedsLook = true;
        return Outcome.Done;
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Unmap(GpuvaVm vm, ref ParseState state, ref GpuvaOp op)
    {
        // SAFETY: the split core has noted it, and nobody else takes VMAs away meanwhile.
        ref Vma v = ref *op.Record;
        if (v.IsMirror && !state.AllowsRangeRemoval && HasRanges(vm, v.Start, v.End))
            return vm.Call.Refuse(&Refusals.VmBindMirrorRemovalIsBusy, v.Start);

        if (!vm.Space.TryKeepRoom())
            return vm.Call.Refuse(&Refusals.VmBindNoVmas, op.Start);
        if (!v.IsMirror)
        {
            op.Unbinds = true;
            state.PtOps++;
        }

        if (v.UserFence != 0)
            state.NeedsLook = true;
        state.LeavesBehind = true;
        vm.Space.RemoveAt(v.Start);
        v.Flags |= VmaFlags.Destroyed;
        return Outcome.Done;
    }

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Remap(GpuvaVm vm, ref ParseState state, ref GpuvaOp op)
    {
        ref Vma old = ref vm.Space.Vmas[op.Vma];
        op.UnbindStart = op.Previous.Exists ? op.Previous.End : op.Start;
        op.UnbindEnd = op.Next.Exists ? op.Next.Start : op.End;
        if (old.IsMirror && !state.KeepsRanges && HasRanges(vm, op.UnbindStart, op.UnbindEnd))
            return vm.Call.Refuse(&Refusals.VmBindMirrorSplitIsBusy, op.UnbindStart);

        Errno error = RemapPieces.Make(vm, state.Call, ref op);
        if (error != Errno.Ok)
            return RefuseVma(vm, error, op.Start, old.Offset);
        if (!RemapPieces.TryInsert(vm.Space, op))
        {
            RemapPieces.Destroy(vm.Vmas, op);
            return vm.Call.Refuse(&Refusals.VmBindNoVmas, op.Start);
        }

        state.NeedsLook = state.LeavesBehind = true;
        op.Unbinds = !old.IsMirror;
        op.UnbindStart = op.Previous.Skip ? op.UnbindStart : op.Start;
        op.UnbindEnd = op.Next.Skip ? op.UnbindEnd : op.End;
        state.PtOps += (op.Unbinds ? 1 : 0) + (op.Previous.Binds ? 1 : 0) + (op.Next.Binds ? 1 : 0);
        old.Flags |= VmaFlags.Destroyed;
        old.Start = op.UnbindStart;
        old.End = op.UnbindEnd;
        return Outcome.Done;
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Prefetch(GpuvaVm vm, ref ParseState state, ref GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        Errno error = v.IsUserptr ? vm.Vmas.Repin(v, out op.OldPages) : Errno.Ok;
        if (error != Errno.Ok)
            return RefusePages(vm, error, v.Offset);

        op.IsRepinned = v.IsUserptr;
        state.HasPrefetch = state.NeedsLook = state.LeavesBehind = true;
        op.Plan = v.IsMirror ? OpPlan.Nothing : OpPlan.Bind;
        state.PtOps += op.Plan == OpPlan.Bind ? 1 : 0;
        return Outcome.Done;
    }

    /// <summary>BIND-019, BIND-177: a deferred MAP of a fault-mode VM writes nothing, or takes scratch entries away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static OpPlan PlanOf(VmFacts facts, in GpuvaOp op)
    {
        if ((op.CreateFlags & VmaFlags.Mirror) != 0)
            return OpPlan.Nothing;
        if (op.Immediate || !facts.IsFaultMode)
            return OpPlan.Bind;
        return op.InvalidateOnBind ? OpPlan.Clear : OpPlan.Nothing;
    }

    private static Outcome RefuseVma(GpuvaVm vm, Errno error, ulong va, ulong cpuAddress) => error switch
    {
        Errno.EOVERFLOW => vm.Call.Refuse(&Refusals.VmBindUserptrWraps, cpuAddress),
        Errno.ENOMEM => vm.Call.Refuse(&Refusals.VmBindNoVmas, va),
        _ => RefusePages(vm, error, cpuAddress),
    };

    /// <summary>UPTR-004.</summary>
    private static Outcome RefusePages(GpuvaVm vm, Errno error, ulong cpuAddress) => error switch
    {
        Errno.EAGAIN => Outcome.Again,
        Errno.EFAULT => vm.Call.Refuse(&Refusals.VmBindUserptrIsNotMapped, cpuAddress),
        Errno.EPERM => vm.Call.Refuse(&Refusals.VmBindUserptrIsNotWritable, cpuAddress),
        Errno.EOPNOTSUPP => vm.Call.Refuse(&Refusals.VmBindUserptrDoesNotMix, cpuAddress),
        _ => vm.Call.Refuse(&Refusals.VmBindUserptrIsNotPinned, cpuAddress),
    };

    private static bool HasRanges(GpuvaVm vm, ulong start, ulong end) =>
        vm.Profile == XeProfile.Final && vm.Ranges.FirstOverlap(start, end) != 0;
}
