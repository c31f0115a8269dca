using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>What the ops touch gets ready for staging (specification 02 section 12.1): no user fence may be pending on what goes, and what
/// is bound gets its memory.</summary>
internal static unsafe partial class OpResidency
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static partial Outcome Require(GpuvaOpKind kind, VmContext vm, in GpuvaOp op);

    /// <summary>Checks and makes resident what the ops touch, in op order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Require(VmContext vm, BindCall call)
    {
        Outcome outcome = call.MayFail || call.Parsing.NeedsLook ? RequireAll(vm, call) : Outcome.Done;
        return outcome == Outcome.Done && call.Parsing.PtOps == 0 ? Outcome.NothingToSubmit : outcome;
    }

    private static Outcome RequireAll(VmContext vm, BindCall call)
    {
        if (call.Fails(FailurePoint.Execute))
            return call.Refuse(&Refusals.VmBindNoPtOps, (ulong)call.Requests.Count);

        foreach (ref readonly GpuvaOp op in call.Ops.Items)
        {
            Outcome outcome = Require(op.Kind, vm, op);
            if (outcome != Outcome.Done)
                return outcome;
        }

        return call.Fails(FailurePoint.Lock) ? InjectedFailure.AtLock(call) : Outcome.Done;
    }

    /// <summary>Makes a BO resident, which is nothing to do for one that is, and notes that it is in use.</summary>
    /// <returns>Done; -ENOMEM or -EBUSY explained for an address; or start again.</returns>
    internal static Outcome Require(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va, int opIndex = -1)
    {
        PlacementFault fault = PlacementFault.None;
        Outcome outcome = bo.IsInPlace ? Outcome.Done : Place(vm, bo, mayEvictOwn, out fault);
        vm.Memory.Touch(bo);
        return outcome == Outcome.Refused ? Refuse(vm, bo, fault, va, opIndex) : outcome;
    }

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Map(VmContext vm, in GpuvaOp op) => op.Plan == OpPlan.Bind ? Require(vm, op, op.Vma) : Outcome.Done;

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Unmap(VmContext vm, in GpuvaOp op) => CheckUserFence(vm, op);

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Remap(VmContext vm, in GpuvaOp op)
    {
        Outcome outcome = CheckUserFence(vm, op);
        if (outcome == Outcome.Done && op.Previous.Exists)
            outcome = Require(vm, op, op.Previous.Vma);
        return outcome == Outcome.Done && op.Next.Exists ? Require(vm, op, op.Next.Vma) : outcome;
    }

    /// <summary>PREFETCH moves a BO into the region asked for; region -1 leaves it where it is (BIND-140, BIND-197).</summary>
    [HandlesOp(GpuvaOpKind.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Prefetch(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        if (!v.HasBo)
            return Outcome.Done;
        if (op.Region == uint.MaxValue)
            return Require(vm, op, op.Vma);

        BufferObject bo = vm.Memory.Bos[v.Bo];
        int region = (int)op.Region;
        Outcome outcome = Outcome.Done;
        PlacementFault fault = PlacementFault.None;
        if (bo.Place is not { } place || place.Region != region)
        {
            if (bo.IsPinned)
                return vm.Call.Refuse(&Refusals.VmBindPrefetchIsPinned, op.Region, op.BindIndex);
            if (!bo.MayBeIn(region))
                return vm.Call.Refuse(&Refusals.VmBindPrefetchIsMisplaced, op.Region, op.BindIndex);
            outcome = vm.Residency.Migrate(vm, bo, region, MayEvictOwn(vm), out fault);
        }

        vm.Memory.Touch(bo);
        return outcome == Outcome.Refused ? Refuse(vm, bo, fault, v.Start, op.BindIndex) : outcome;
    }

    /// <summary>A VMA with an unsignalled user fence can be neither unmapped nor split (BIND-195, BIND-253).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome CheckUserFence(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        bool isPending = v.UserFence != 0 && !vm.UserFences.IsSignalled(v.UserFence);
        return isPending ? vm.Call.Refuse(&Refusals.VmBindUserFenceIsPending, v.Start, op.BindIndex) : Outcome.Done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Require(VmContext vm, in GpuvaOp op, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (!v.HasBo)
            return Outcome.Done;
        BufferObject bo = vm.Memory.Bos[v.Bo];
        if (!bo.IsInPlace)
            return Require(vm, bo, MayEvictOwn(vm), v.Start, op.BindIndex);
        vm.Memory.Touch(bo);
        return Outcome.Done;
    }

    private static Outcome Place(VmContext vm, BufferObject bo, bool mayEvictOwn, out PlacementFault fault)
    {
        // It may take memory that is only waiting to be let go of.
        vm.Later.Harvest();
        return vm.Residency.MakeResident(vm, bo, mayEvictOwn, out fault);
    }

    /// <summary>BIND-021.</summary>
    private static bool MayEvictOwn(VmContext vm) => vm.Facts.Mode != VmMode.PreemptFence && vm.Call.Requests.Count <= 1;

    private static Outcome Refuse(VmContext vm, BufferObject bo, PlacementFault fault, ulong va, int opIndex) => fault switch
    {
        PlacementFault.TooLarge => vm.Call.Refuse(&Refusals.VmBindObjectIsTooLarge, va, vm.Memory.RoomFor(bo), opIndex),
        PlacementFault.NoRoom => vm.Call.Refuse(&Refusals.VmBindNoResidency, va, opIndex),
        _ => vm.Call.Refuse(&Refusals.VmBindBoIsBusy, va, opIndex),
    };
}
