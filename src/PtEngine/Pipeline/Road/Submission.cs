using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>
/// The one way from staged updates to the fence of a call, whoever staged them: ioctl binds, faults, rebinds, SVM ranges and zaps. Run: the
/// tables are written inside the call when nothing has to be waited for (PT-158), else by a job when its fences have signalled (PT-160).
/// Flush: likewise. Then the parts are joined and the VMAs and ranges marked (PT-122, PT-143, PT-153).
/// </summary>
internal static unsafe class Submission
{
    /// <summary>Looks a last time whether the call may go on, then submits.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="queue">The queue the tables are written on.</param>
    /// <param name="waitsForFlushes">The call is complete when the queue's TLB flushes are (PT-149).</param>
    /// <returns>Done, or refused: then nothing is visible yet and the caller takes everything back.</returns>
    public static Outcome Run(VmContext vm, BindQueue queue, bool waitsForFlushes) => Run<AnyCall>(vm, queue, waitsForFlushes);

    /// <summary>The same for calls of a shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Run<TShape>(VmContext vm, BindQueue queue, bool waitsForFlushes)
        where TShape : struct, ICallShape
    {
        Outcome outcome = TShape.IsPlain ? Outcome.Done : LastLook(vm, vm.Call);
        if (outcome == Outcome.Done)
            Submit<TShape>(vm, queue, waitsForFlushes);
        return outcome;
    }

    /// <summary>The same for who has staged by itself: what could not be staged or submitted is taken back.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="staged">How staging has ended.</param>
    /// <param name="queue">As for <see cref="Run"/>.</param>
    /// <param name="waitsForFlushes">As there.</param>
    /// <returns>Done, or as staging has ended, or refused: then tables are as before.</returns>
    public static Outcome RunOrAbort(VmContext vm, Outcome staged, BindQueue queue, bool waitsForFlushes)
    {
        if (staged != Outcome.Done)
            return DoneOrAbort(vm, staged);
        StageEvents.Begin(vm, RoadStage.Run);
        return DoneOrAbort(vm, StageEvents.End(vm, RoadStage.Run, Run(vm, queue, waitsForFlushes)));
    }

    /// <summary>Takes back what is staged unless it was submitted.</summary>
    public static Outcome DoneOrAbort(VmContext vm, Outcome outcome)
    {
        if (outcome != Outcome.Done)
            BindStage.Abort(vm);
        return outcome;
    }

    /// <summary>Submits. Cannot fail (PT-144).</summary>
    public static void Submit(VmContext vm, BindQueue queue, bool waitsForFlushes) => Submit<AnyCall>(vm, queue, waitsForFlushes);

    private static void Submit<TShape>(VmContext vm, BindQueue queue, bool waitsForFlushes)
        where TShape : struct, ICallShape
    {
        BindCall call = vm.Call;
        TileUpdate[] tiles = call.Tiles;
        for (int i = 0; TShape.IsPlain || i < tiles.Length; i++)
        {
            TileUpdate tile = tiles[i];
            if (tile.HasWork)
            {
                TileSubmission.Submit<TShape>(vm, call, tile, queue);
                if (tile.Binds)
                    Mark(vm, tile);
            }

            if (TShape.IsPlain)
                break;
        }

        if (waitsForFlushes && queue.HasFlushed)
            queue.CollectFlushes(call.Parts);
        // Until here it is the stub, and a reference is not written for nothing.
        if (call.Parts.Count > 0)
            call.Done = vm.Jobs.Composites.Of(call.Parts);
    }

    /// <summary>Failures exist only before anything of the call is visible: injected ones, of which one on a later tile bans the VM
    /// (BIND-206), because on hardware the tiles before it have run; and pages of a userptr that have changed meanwhile
    /// (-EAGAIN).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome LastLook(VmContext vm, BindCall call) =>
        call.MayFail || vm.Userptrs.Count > 0 ? LookClosely(vm, call) : Outcome.Done;

    private static Outcome LookClosely(VmContext vm, BindCall call)
    {
        Outcome outcome = FailAtRun(vm, call);
        return outcome == Outcome.Done ? LookAtUserptrs(vm, call) : outcome;
    }

    private static Outcome FailAtRun(VmContext vm, BindCall call)
    {
        foreach (TileUpdate tile in call.Tiles)
        {
            if (!tile.HasWork || !call.Fails(FailurePoint.Run))
                continue;
            if (tile.Tile > 0)
                vm.Ban();
            return InjectedFailure.AtRun(call, tile.Tile);
        }

        return Outcome.Done;
    }

    /// <summary>Have the pages of the userptrs that are bound changed since they were collected (PT-168)? A fault-mode VM binds nothing
    /// then, and the caller repeats with the pages of now (BIND-207). The others go on, for the VMA is in the list of those that are
    /// repinned before anything runs.</summary>
    /// <remarks>Concurrency: the reference keeps the notifier lock from here to the end of the run (PT-167). Here the caller is inside the
    /// VM until the bind is registered, and whoever invalidates enters the VM before it looks whom to wait for
    /// (<c>docs/concurrency/userptr.md</c>); so a change that comes after the look waits for the bind and takes it away.</remarks>
    private static Outcome LookAtUserptrs(VmContext vm, BindCall call)
    {
        foreach (ref readonly PtOp op in call.Tiles[0].Ops.Items)
        {
            if (op.Kind != PtOpKind.Bind)
                continue;
            ref Vma v = ref vm.Space.Vmas[op.Vma];
            if (v.Userptr == 0)
                continue;

            bool isStale = call.Fails(FailurePoint.UserptrCheck);
            if (vm.Facts.IsFaultMode && (isStale || vm.Userptrs.IsStale(v.Userptr)))
                return call.Refuse(&Refusals.VmBindPagesChanged, v.Start, op.BindIndex);
            if (isStale)
                vm.Userptrs.Invalidate(v.Userptr, lists: true);
        }

        return Outcome.Done;
    }

    /// <summary>What is bound on a tile is present there and valid, and nothing of it is staged any more. A deferred MAP,
    /// invalidate-on-bind included, marks nothing: the VMA stays staged and not present (PT-156). Removed VMAs need no mark, because they
    /// go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mark(VmContext vm, TileUpdate tile)
    {
        // SAFETY: the list of ops does not change any more.
        PtOp* end = tile.Ops.End;
        for (PtOp* op = tile.Ops.First; op < end; op++)
        {
            if (op->Kind != PtOpKind.Bind)
                continue;
            if (op->Range != 0)
                MarkRange(ref vm.Ranges[op->Range], tile.TileBit);
            else
                MarkVma(vm, ref vm.Space.Vmas[op->Vma], tile.TileBit);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MarkVma(VmContext vm, ref Vma v, byte tile)
    {
        v.TilePresent |= tile;
        v.TileStaged &= (byte)~tile;
        v.TileInvalidated &= (byte)~tile;
        if (v.Userptr != 0)
            vm.Userptrs.MarkBound(v.Userptr);
    }

    private static void MarkRange(ref SvmRange r, byte tile)
    {
        r.TilePresent |= tile;
        r.TileInvalidated &= (byte)~tile;
    }
}
