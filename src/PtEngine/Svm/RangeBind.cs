using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Svm;

/// <summary>Binds ranges to the pages that were collected for them (specification 04 section 5.5), and takes them away again. The caller is
/// inside the VM, in which nothing is in flight.</summary>
internal static class RangeBind
{
    /// <summary>Binds one range on some tiles.</summary>
    /// <returns>Done; refused: -EAGAIN when its pages have changed, which is looked at before staging and before the entries are written
    /// (SVM-105); -EINVAL (SVM-112); -ENOMEM. Then tables and marks are as before.</returns>
    public static Outcome Run(MirrorSpace space, int mirror, int range, uint tiles)
    {
        VmContext vm = space.Vm;
        vm.Call.BeginSubmission();
        Errno injected = space.Fires(FailurePoint.RangeBind, Errno.ENOMEM);
        if (injected != Errno.Ok)
            return vm.Call.Refuse(Refusals.FaultStepFails(FaultStep.Bind, injected, vm.Ranges[range].Start));
        if (!HasPages(space, range))
            return vm.Call.Refuse(Refusals.RangePagesChanged(vm.Ranges[range].Start));

        StageEvents.Begin(vm, RoadStage.Stage);
        Outcome outcome = StageEvents.End(vm, RoadStage.Stage, Stage(vm, mirror, range, tiles));
        if (outcome == Outcome.Done)
        {
            StageEvents.Begin(vm, RoadStage.Run);
            outcome = StageEvents.End(vm, RoadStage.Run, Submit(space, [range]));
        }

        outcome = Submission.DoneOrAbort(vm, outcome);
        if (outcome == Outcome.Done)
            space.Tracer?.Bound(vm.Ranges[range], tiles, vm.Space.Vmas[mirror]);
        return outcome;
    }

    /// <summary>The first look whether a range can be bound.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasPages(MirrorSpace space, int range)
    {
        bool hasPages = space.Ranges[range].Has(SvmRangeFlags.HasPages);
        if (!hasPages)
            space.Trace(range, "BIND PREPARE - RETRY");
        return hasPages;
    }

    /// <summary>Stages a range on some tiles: with the pages that were collected for it, or with others.</summary>
    public static Outcome Stage(VmContext vm, int mirror, int range, uint tiles, Backing? pages = null)
    {
        vm.Call.Reached = CallStage.Staging;
        ref SvmRange r = ref vm.Ranges[range];
        foreach (TileUpdate tile in vm.Call.Tiles)
        {
            if ((tiles & tile.TileBit) == 0)
                continue;
            if (vm.Call.IsTraced)
                RangeEvents.Range(vm, range, "BIND PREPARE - MIXED");
            tile.ReservedOps++;
            tile.WaitBookkeep = true;
            bool isRebind = (r.TilePresent & tile.TileBit) != 0;
            ref readonly LeafTemplates leaves = ref BindSources.ForRange(vm, vm.Space.Vmas[mirror], r, pages, out BindSource source);
            Outcome outcome = vm.Stager.BindRange(tile, mirror, range, ref source, in leaves, isRebind);
            if (outcome != Outcome.Done)
                return outcome;
        }

        return Outcome.Done;
    }

    /// <summary>Looks a last time whether the pages are those of now, and writes the entries. Between the look and the marks nobody can
    /// take the pages away (SVM-106).</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="ranges">The ranges.</param>
    /// <param name="queue">The queue to run on, or null for that of faults.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Submit(MirrorSpace space, ReadOnlySpan<int> ranges, BindQueue? queue = null)
    {
        bool isInjected = space.Fires(FailurePoint.RangeCommit, Errno.EAGAIN) != Errno.Ok;
        try
        {
            return SubmitInside(space, ranges, queue, isInjected);
        }
        catch
        {
            // A hook of the embedder's has thrown, and the process waits at the gate.
            space.Vm.Ranges.Gate.Exit();
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome SubmitInside(MirrorSpace space, ReadOnlySpan<int> ranges, BindQueue? queue, bool isInjected)
    {
        VmContext vm = space.Vm;
        vm.Ranges.Gate.Enter();
        Outcome outcome = Outcome.Done;
        foreach (int range in ranges)
        {
            space.Trace(range, "PRE-COMMIT");
            if (!isInjected && vm.Ranges[range].Has(SvmRangeFlags.HasPages))
                continue;
            space.Trace(range, "PRE-COMMIT - RETRY");
            outcome = vm.Call.Refuse(Refusals.RangePagesChanged(vm.Ranges[range].Start));
            break;
        }

        if (outcome == Outcome.Done)
            outcome = Submission.Run(vm, queue ?? vm.Jobs.FaultQueue, waitsForFlushes: queue is not null);
        vm.Ranges.Gate.Exit();
        return outcome;
    }

    /// <summary>Takes a range's entries away on every tile where there are any (SVM-162, SVM-163).</summary>
    /// <returns>Done, or refused with -ENOMEM: then nothing has changed.</returns>
    public static Outcome Unbind(MirrorSpace space, int range)
    {
        VmContext vm = space.Vm;
        vm.Call.BeginSubmission();
        if (vm.Ranges[range].TilePresent == 0)
            return Outcome.Done;
        Outcome staged = space.Fires(FailurePoint.RangeUnbind, Errno.ENOMEM) != Errno.Ok
            ? vm.Call.Refuse(Refusals.VmBindNoPageTables(vm.Ranges[range].Start)) : StageUnbind(vm, vm.Ranges[range]);
        if (staged == Outcome.Done)
            space.Tracer?.Unbinding(vm.Ranges[range]);
        return Submission.RunOrAbort(vm, staged, vm.Jobs.FaultQueue, waitsForFlushes: false);
    }

    /// <summary>Stages the unbind of a range.</summary>
    public static Outcome StageUnbind(VmContext vm, in SvmRange range)
    {
        StageEvents.Begin(vm, RoadStage.Stage);
        var outcome = Outcome.Done;
        foreach (TileUpdate tile in vm.Call.Tiles)
        {
            if ((range.TilePresent & tile.TileBit) == 0)
                continue;

            vm.Call.Reached = CallStage.Staging;
            tile.ReservedOps = 1;
            tile.WaitBookkeep = true;
            outcome = vm.Stager.UnbindRange(tile, range.Start, range.End, range.HasValidMapping(tile.Tile));
            if (outcome != Outcome.Done)
                break;
        }

        return StageEvents.End(vm, RoadStage.Stage, outcome);
    }
}
