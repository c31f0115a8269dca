using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt.Pipeline;

/// <summary>
/// The way of a VM_BIND, top to bottom: Validate, Split, Reside, Populate, Stage, Run (<see cref="Submission"/>: with Flush and Retire,
/// which are those of a tile), Keep, Signal. Any failure takes everything back: VMA map, planned tree, counts, pool.
/// </summary>
internal static unsafe class BindPipeline
{
    /// <summary>Runs a call that has begun (<see cref="VmEntry"/>).</summary>
    /// <returns>Done; refused, with everything undone but in the case of BIND-212; or start again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute(VmContext vm, in BindArguments bind)
    {
        if (!vm.IsPlain || !bind.IsPlain)
            return ExecuteAny(vm, bind);
        return vm.Call.IsUnwatched ? Execute<PlainCall, Unwatched>(vm, bind) : ExecuteSeen(vm, bind);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome ExecuteSeen(VmContext vm, in BindArguments bind) =>
        vm.Call.IsRecordedOnly ? Execute<PlainCall, RecordedRoad>(vm, bind) : ExecuteAny(vm, bind);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome ExecuteAny(VmContext vm, in BindArguments bind)
    {
        if (vm.Call.IsRecorded)
            return ExecuteWatched(vm, bind);
        return vm.IsPlain && vm.Call.IsUnwatched && bind.IsPlainArray ? ExecuteArray(vm, bind) : Execute<AnyCall, Unwatched>(vm, bind);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome ExecuteArray(VmContext vm, in BindArguments bind) => Execute<PlainArray, Unwatched>(vm, bind);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome ExecuteWatched(VmContext vm, in BindArguments bind) =>
        vm.Call.IsTraced ? ExecuteTraced(vm, bind) : Execute<AnyCall, RecordedRoad>(vm, bind);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome ExecuteTraced(VmContext vm, in BindArguments bind) => Execute<AnyCall, TracedRoad>(vm, bind);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Execute<TShape, TWatch>(VmContext vm, in BindArguments bind)
        where TShape : struct, ICallShape
        where TWatch : struct, IRoadWatch
    {
        BindCall call = vm.Call;
        Outcome outcome = CarryOut<TShape, TWatch>(vm, call, bind);
        if (outcome > Outcome.NothingToSubmit)
        {
            TakeBack(vm, call, outcome);
            return outcome;
        }

        TWatch.Enter(vm, RoadStage.Keep);
        Keep<TShape>(vm, call, outcome);
        TWatch.Leave(vm, RoadStage.Keep, outcome);
        TWatch.Enter(vm, RoadStage.Signal);
        if (outcome != Outcome.Done || (!TShape.IsPlain && call.Syncs.Count > 0))
            outcome = SyncSignals.Signal(vm, bind.Client, outcome);
        TWatch.Leave(vm, RoadStage.Signal, outcome);
        return outcome;
    }

    /// <summary>From Validate to Run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome CarryOut<TShape, TWatch>(VmContext vm, BindCall call, in BindArguments bind)
        where TShape : struct, ICallShape
        where TWatch : struct, IRoadWatch
    {
        TWatch.Enter(vm, RoadStage.Validate);
        Outcome outcome = BindValidator.Check<TShape>(call, vm.Checks, bind, out int outside);
        if (outcome == Outcome.Done)
        {
            if (!TShape.IsPlain && vm.Mirrors is not null)
                vm.CollectGarbage();
            bool isClosed = !TShape.IsPlain && (vm.IsBanned || vm.IsClosed);
            outcome = BindValidator.Resolve<TShape>(call, vm.Facts, vm, vm.Checks, bind, isClosed, outside);
        }

        TWatch.Leave(vm, RoadStage.Validate, outcome);
        if (outcome != Outcome.Done)
            return outcome;

        TWatch.Enter(vm, RoadStage.Split);
        outcome = Split<TShape>(vm, call);
        TWatch.Leave(vm, RoadStage.Split, outcome);
        if (outcome != Outcome.Done)
            return outcome;

        TWatch.Enter(vm, RoadStage.Reside);
        outcome = OpResidency.Require<TShape>(vm, call);
        TWatch.Leave(vm, RoadStage.Reside, outcome);
        if (!TShape.IsPlain && call.Parsing.HasPrefetch && outcome <= Outcome.NothingToSubmit && vm.Mirrors is { HasPrefetch: true })
            return PopulateAndRun<TWatch>(vm, call, vm.Mirrors, outcome);
        return outcome == Outcome.Done ? StageAndRun<TShape, TWatch>(vm, call) : outcome;
    }

    /// <summary>The tables of all ops.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome StageAndRun<TShape, TWatch>(VmContext vm, BindCall call)
        where TShape : struct, ICallShape
        where TWatch : struct, IRoadWatch
    {
        TWatch.Enter(vm, RoadStage.Stage);
        Outcome outcome = BindStage.Prepare<TShape>(vm, call);
        TWatch.Leave(vm, RoadStage.Stage, outcome);
        if (outcome == Outcome.Done)
        {
            TWatch.Prepared(vm);
            TWatch.Enter(vm, RoadStage.Run);
            outcome = Submission.Run<TShape>(vm, call.Queue, waitsForFlushes: true);
            TWatch.Leave(vm, RoadStage.Run, outcome);
        }

        TWatch.Executed(vm, outcome);
        return outcome;
    }

    /// <summary>So with the ranges that the call prefetches: with the ops if that can be, or else without them.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="call">The call.</param>
    /// <param name="mirrors">Its mirrors.</param>
    /// <param name="others">Whether the ops stage something.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome PopulateAndRun<TWatch>(VmContext vm, BindCall call, Mirroring mirrors, Outcome others)
        where TWatch : struct, IRoadWatch
    {
        TWatch.Enter(vm, RoadStage.Populate);
        Outcome outcome = mirrors.Populate(others);
        TWatch.Leave(vm, RoadStage.Populate, outcome);
        if (outcome == Outcome.Done)
            outcome = StageAndRun<TWatch>(vm, call, mirrors, others);
        if (outcome != Outcome.NothingToSubmit)
            return outcome;
        outcome = others == Outcome.Done ? StageAndRun<AnyCall, TWatch>(vm, call) : others;
        return outcome > Outcome.NothingToSubmit ? outcome : mirrors.PutOff(outcome);
    }

    /// <summary>Ops and ranges in one go.</summary>
    /// <returns>As stages do; nothing to submit when the pages of ranges or userptrs have changed between staging and the last look, and
    /// then nothing is staged any more.</returns>
    private static Outcome StageAndRun<TWatch>(VmContext vm, BindCall call, Mirroring mirrors, Outcome others)
        where TWatch : struct, IRoadWatch
    {
        TWatch.Enter(vm, RoadStage.Stage);
        call.Reached = CallStage.Staging;
        Outcome outcome = others == Outcome.Done ? BindStage.Prepare<AnyCall>(vm, call) : Outcome.Done;
        outcome = outcome == Outcome.Done ? mirrors.StagePrefetch() : outcome;
        TWatch.Leave(vm, RoadStage.Stage, outcome);
        if (outcome == Outcome.Done)
        {
            if (others == Outcome.Done)
                TWatch.Prepared(vm);
            TWatch.Enter(vm, RoadStage.Run);
            outcome = mirrors.SubmitPrefetch();
            TWatch.Leave(vm, RoadStage.Run, outcome);
            if (outcome == Outcome.Refused && call.Why.Errno == Errno.EAGAIN)
                return StageNothing(vm, call);
        }

        TWatch.Executed(vm, outcome);
        return outcome;
    }

    private static Outcome StageNothing(VmContext vm, BindCall call)
    {
        call.Pardon();
        BindStage.Abort(vm);
        call.BeginSubmission();
        call.Reached = CallStage.Split;
        return Outcome.NothingToSubmit;
    }

    /// <summary>Bind ops → GPUVA ops, each applied to the VMA map before the next is looked at (BIND-052).</summary>
    internal static Outcome Split<TShape>(VmContext vm, BindCall call)
        where TShape : struct, ICallShape
    {
        for (int i = 0; TShape.IsSingle || i < call.Requests.Count; i++)
        {
            Outcome outcome = Split<TShape>(vm, call, i);
            if (outcome != Outcome.Done)
                return outcome;
            if (TShape.IsSingle)
                break;
        }

        if (call.Parsing.HasPrefetch)
            FitOps(vm.Gpuva, call);
        call.Reached = CallStage.Split;
        if (call.Ops.Count == 0)
            return Outcome.NothingToSubmit;
        if (TShape.IsPlain || !call.Fails(FailurePoint.PtOpAllocation))
            return Outcome.Done;
        return call.Requests.Count > 1
            ? call.Refuse(&Refusals.VmBindTooManyPtOps, (ulong)call.Requests.Count) : call.Refuse(&Refusals.VmBindNoPtOps, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Split<TShape>(VmContext vm, BindCall call, int index)
        where TShape : struct, ICallShape
    {
        ref BindRequest request = ref call.Requests[index];
        if (!TShape.IsPlain && request.Has(VmBindFlags.CpuAddrMirror))
            call.Parsing.AllowsRangeRemoval = true;
        if (vm.Space.IsLarge)
            LookAhead(vm, request);
        int first = TShape.IsSingle ? 0 : call.Ops.Count;
        Outcome outcome = !TShape.IsPlain && call.Fails(FailurePoint.OpsCreate)
            ? call.Refuse(&Refusals.VmBindNoVmas, request.Start) : OpCreate.Create(request.Given.Op, vm.Gpuva, request, ref call.Ops);
        if (outcome != Outcome.Done)
            return call.RefusedAt(index);
        if (!TShape.IsPlain && vm.Mirrors is { } mirrors)
            outcome = OpRanges.Find(request.Given.Op, mirrors, first, request);
        if (outcome != Outcome.Done)
            return outcome == Outcome.Again ? outcome : call.RefusedAt(index);
        call.Parsing.HoldsBo = request.HoldsBo;
        // SAFETY: the list of ops does not grow while these are parsed.
        GpuvaOp* end = call.Ops.End;
        for (GpuvaOp* op = call.Ops.First + first; op < end; op++)
        {
            op->BindIndex = index;
            outcome = OpParse.Parse(op->Kind, vm.Gpuva, ref call.Parsing, ref *op);
            if (outcome != Outcome.Done)
                break;
            call.Parsing.Parsed++;
        }

        if (request.HoldsBo && !call.Parsing.HoldsBo)
        {
            request.HoldsBo = false;
            call.HeldBos--;
        }

        if (outcome != Outcome.Done)
            return outcome == Outcome.Again ? outcome : call.RefusedAt(index);
        if (!TShape.IsPlain && request.ForceError)
            call.ForceFailure();
        return Outcome.Done;
    }

    /// <summary>Tables are asked for before the map is, so that both are waited for at a time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LookAhead(VmContext vm, in BindRequest request)
    {
        // What covers a whole leaf table makes or drops tables and is found from above; UNMAP_ALL has no interval.
        if (request.End - request.Start - 1 >= PageSizes.Size2M - 1)
            return;
        foreach (TileTables tile in vm.Tables)
            tile.LookAhead(request.Start, request.End);
    }

    private static void FitOps(GpuvaVm vm, BindCall call)
    {
        for (int i = 0; i < call.Ops.Count; i++)
            OpFit.Fit(call.Ops[i].Kind, vm, ref call.Ops[i]);
    }

    /// <summary>The new VMA list is there to stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<TShape>(VmContext vm, BindCall call, Outcome outcome)
        where TShape : struct, ICallShape
    {
        if (!TShape.IsPlain && vm.Preemption is { } preemption && outcome == Outcome.Done)
            InstallPreemptFences(vm, preemption, call);
        if (call.Parsing.LeavesBehind || (!TShape.IsPlain && call.UserFence != 0))
            FinishOps(vm.Gpuva, call);
        if (!TShape.IsPlain && vm.Evicted.Count > 0)
            vm.Evicted.Prune(vm.Space);
    }

    /// <summary>An op that has taken a VMA out leaves something behind, so room that was kept for it ends here.</summary>
    private static void FinishOps(GpuvaVm vm, BindCall call)
    {
        vm.Space.ForgetRoom();
        Fence done = call.Done;
        foreach (ref readonly GpuvaOp op in call.Ops.Items)
            OpFinish.Finish(op.Kind, vm, done, call.UserFence, op);
    }

    private static void InstallPreemptFences(VmContext vm, Preemption preemption, BindCall call)
    {
        foreach (ref readonly GpuvaOp op in call.Ops.Items)
            OpPreempt.Install(op.Kind, vm, preemption, op);
    }

    /// <summary>Undoes what was staged and what parsing applied to the VMA map, newest first.</summary>
    private static void TakeBack(VmContext vm, BindCall call, Outcome outcome)
    {
        if (call.Reached == CallStage.Staging)
            BindStage.Abort(vm);
        if (call.Parsing.Parsed > 0)
            Unwind(vm, call);
        vm.Space.ForgetRoom();
        // The syncs will be parsed again (BIND-128).
        if (outcome >= Outcome.Restart)
            call.Queue.UserFenceCounter -= (ulong)call.Syncs.Count;
        if (vm.Evicted.Count > 0 && !vm.IsClosed)
            vm.Evicted.Prune(vm.Space);
    }

    /// <summary>Undoes what parsing applied to the VMA map, newest first.</summary>
    internal static void Unwind(VmContext vm, BindCall call)
    {
        vm.Gate.IsSuspended = true;
        for (int i = call.Parsing.Parsed - 1; i >= 0; i--)
        {
            ref GpuvaOp op = ref call.Ops[i];
            OpUnwind.Unwind(op.Kind, vm.Gpuva, ref op);
        }

        call.Parsing.Parsed = 0;
        vm.Gate.IsSuspended = false;
    }
}
