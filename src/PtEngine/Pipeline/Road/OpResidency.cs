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
    public static Outcome Require<TShape>(VmContext vm, BindCall call)
        where TShape : struct, ICallShape
    {
        Outcome outcome = (!TShape.IsPlain && call.MayFail) || call.Parsing.NeedsLook ? RequireAll(vm, call) : Outcome.Done;
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
                return outcome == Outcome.Refused ? call.RefusedAt(op.BindIndex) : outcome;
        }

        return call.Fails(FailurePoint.Lock) ? InjectedFailure.AtLock(call) : Outcome.Done;
    }

    /// <summary>Makes a BO resident, which is nothing to do for one that is, and notes that it is in use.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="bo">The BO.</param>
    /// <param name="mayEvictOwn">BOs that the VM maps may be evicted.</param>
    /// <param name="va">Where it is mapped.</param>
    /// <returns>Done, refused or start again.</returns>
    internal static Outcome Require(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va)
    {
        Outcome outcome = bo.IsInPlace ? Outcome.Done : Place(vm, bo, mayEvictOwn, va);
        vm.Memory.Touch(bo);
        return outcome;
    }

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Map(VmContext vm, in GpuvaOp op) => op.Plan == OpPlan.Bind ? Require(vm, op.Vma) : Outcome.Done;

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Unmap(VmContext vm, in GpuvaOp op) => CheckUserFence(vm, op);

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Remap(VmContext vm, in GpuvaOp op)
    {
        Outcome outcome = CheckUserFence(vm, op);
        if (outcome == Outcome.Done && op.Previous.Exists)
            outcome = Require(vm, op.Previous.Vma);
        return outcome == Outcome.Done && op.Next.Exists ? Require(vm, op.Next.Vma) : outcome;
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
            return Require(vm, op.Vma);

        BufferObject bo = vm.Memory.Bos[v.Bo];
        int region = (int)op.Region;
        Outcome outcome = Outcome.Done;
        if (bo.Place is not { } place || place.Region != region)
        {
            if (bo.IsPinned)
                return vm.Call.Refuse(&Refusals.VmBindPrefetchIsPinned, op.Region);
            if (!bo.MayBeIn(region))
                return vm.Call.Refuse(&Refusals.VmBindPrefetchIsMisplaced, op.Region);
            outcome = vm.Residency.Migrate(vm, bo, region, MayEvictOwn(vm), v.Start);
        }

        vm.Memory.Touch(bo);
        return outcome;
    }

    /// <summary>A VMA with an unsignalled user fence can be neither unmapped nor split (BIND-195, BIND-253).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome CheckUserFence(VmContext vm, in GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        bool isPending = v.UserFence != 0 && !vm.UserFences.IsSignalled(v.UserFence);
        return isPending ? vm.Call.Refuse(&Refusals.VmBindUserFenceIsPending, v.Start) : Outcome.Done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Require(VmContext vm, int vma)
    {
        ref Vma v = ref vm.Space.Vmas[vma];
        if (!v.HasBo)
            return Outcome.Done;
        BufferObject bo = vm.Memory.Bos[v.Bo];
        if (!bo.IsInPlace)
            return Require(vm, bo, MayEvictOwn(vm), v.Start);
        vm.Memory.Touch(bo);
        return Outcome.Done;
    }

    private static Outcome Place(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va)
    {
        // It may take memory that is only waiting to be let go of.
        vm.Later.Harvest();
        return vm.Residency.MakeResident(vm, bo, mayEvictOwn, va);
    }

    /// <summary>BIND-021.</summary>
    private static bool MayEvictOwn(VmContext vm) => vm.Facts.Mode != VmMode.PreemptFence && vm.Call.Requests.Count <= 1;
}
