using XePt.Calls;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Madvise;

/// <summary>Gives the VMAs without an object borders where advice begins and ends (specification 04 section 13.3).</summary>
internal static partial class AdviceSplit
{
    /// <summary>Splits.</summary>
    /// <returns>Done; refused with -EINVAL, -ENOMEM or, when a userptr would have to be cut, -EFAULT or what pinning its pieces fails with:
    /// then the list is as before.</returns>
    public static Outcome Run(VmContext vm, ulong start, ulong end)
    {
        Errno error = GpuvaSplit.Madvise(vm.Space, start, end, ref vm.Call.Ops);
        if (error != Errno.Ok)
        {
            return vm.Call.Refuse(error == Errno.EINVAL
                ? Refusals.MadviseRangeIsOutside(start, vm.Facts.Platform.VmSize) : Refusals.MadviseNoVmas(end - start));
        }
        if (vm.Call.Ops.Count == 0)
            return Outcome.Done;

        vm.Call.Parsing.KeepsRanges = true;
        Outcome outcome = Parse(vm, start, out bool hasEntries);
        if (outcome == Outcome.Done && hasEntries)
            outcome = Rewrite(vm);
        if (outcome != Outcome.Done)
            return TakeBack(vm, start, end, vm.Call.Why);

        RemoveStraddling(vm, start, end);
        MapEdit.Keep(vm);
        return Outcome.Done;
    }

    /// <summary>For want of memory nothing at all happens; where a userptr cannot be cut the ranges before it go all the same
    /// (VEC-11).</summary>
    private static Outcome TakeBack(VmContext vm, ulong start, ulong end, Rejection why)
    {
        if (why.Errno != Errno.ENOMEM)
            RemoveStraddling(vm, start, end);
        MapEdit.TakeBack(vm);
        return vm.Call.Refuse(why.Errno switch
        {
            Errno.EFAULT => Refusals.MadviseCutsUserptr(start),
            Errno.ENOMEM => Refusals.MadviseNoVmas(end - start),
            // The rest of a userptr is pinned before the piece in the middle is made (VEC-11).
            _ => why,
        });
    }

    /// <summary>Each VMA is two ops: what is left of it, and the piece that the advice is about.</summary>
    private static Outcome Parse(VmContext vm, ulong start, out bool hasEntries)
    {
        Outcome outcome = Outcome.Done;
        hasEntries = false;
        for (int i = 0; i < vm.Call.Ops.Count && outcome == Outcome.Done; i += 2)
        {
            Vma cut = vm.Space.Vmas[vm.Call.Ops[i].Vma];
            outcome = MapEdit.Parse(vm, ref vm.Call.Ops[i]);
            if (outcome == Outcome.Done)
                outcome = Fill(vm, cut, start, ref vm.Call.Ops[i + 1]);
            hasEntries |= cut.IsNull && (cut.TilePresent | cut.TileStaged) != 0;
        }

        return outcome;
    }

    /// <summary>The piece in the middle inherits everything (MADV-032); that of a userptr has lost its CPU address (MADV-035).</summary>
    private static Outcome Fill(VmContext vm, in Vma cut, ulong start, ref GpuvaOp op)
    {
        if (cut.IsUserptr)
            return vm.Call.Refuse(Refusals.MadviseCutsUserptr(start));
        op.CreateFlags = cut.Flags & VmaFlags.CreateMask;
        op.Pat = cut.Attributes.Pat;
        op.Immediate = cut.IsNull && (cut.TilePresent | cut.TileStaged) != 0;
        Outcome outcome = MapEdit.Parse(vm, ref op);
        if (outcome == Outcome.Done)
            vm.Space.Vmas[op.Vma].Attributes = cut.Attributes;
        return outcome;
    }

    /// <summary>The pieces of a NULL VMA get entries of their own, for none may reach into another piece. As in the driver they are not
    /// marked present then (VEC-06), but unbinding one clears its entries (Q9).</summary>
    private static Outcome Rewrite(VmContext vm)
    {
        BindCall call = vm.Call;
        call.BeginSubmission();
        StageEvents.Begin(vm, RoadStage.Stage);
        Outcome outcome = StageEvents.End(vm, RoadStage.Stage, BindStage.Prepare<AnyCall>(vm, call));
        outcome = Submission.RunOrAbort(vm, outcome, vm.Jobs.FaultQueue, waitsForFlushes: true);
        if (outcome != Outcome.Done)
            return vm.Call.Refuse(Refusals.VmBindNoPageTables(call.Ops[0].Start));

        foreach (ref readonly GpuvaOp op in call.Ops.Items)
            UnmarkOf(op.Kind, vm, op);
        return Outcome.Done;
    }

    /// <summary>Takes the marks from the VMAs that an op has made and bound.</summary>
    [OpDispatch]
    private static partial void UnmarkOf(GpuvaOpKind kind, VmContext vm, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    private static void UnmarkNew(VmContext vm, in GpuvaOp op) => Unmark(vm, op.Vma);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static void UnmarkPieces(VmContext vm, in GpuvaOp op)
    {
        Unmark(vm, op.Previous.Binds ? op.Previous.Vma : 0);
        Unmark(vm, op.Next.Binds ? op.Next.Vma : 0);
    }

    /// <summary>They make none.</summary>
    [HandlesOp(GpuvaOpKind.Unmap)]
    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void UnmarkNothing(VmContext vm, in GpuvaOp op)
    {
    }

    private static void Unmark(VmContext vm, int vma)
    {
        if (vma == 0 || !vm.Space.Vmas[vma].IsNull)
            return;
        ref Vma v = ref vm.Space.Vmas[vma];
        v.Flags |= VmaFlags.Unmarked;
        v.TileStaged |= v.TilePresent;
        v.TilePresent = 0;
    }

    /// <summary>Removes the ranges across the borders of all mirrors that have been cut.</summary>
    private static void RemoveStraddling(VmContext vm, ulong start, ulong end)
    {
        for (int i = 0; i < vm.Call.Parsing.Parsed; i += 2)
        {
            Vma cut = vm.Space.Vmas[vm.Call.Ops[i].Vma];
            if (cut.IsMirror)
                RemoveFrom(vm, Math.Max(cut.Start, start), Math.Min(cut.End, end));
        }
    }

    /// <summary>Ranges that lie across a border of <c>[start, end)</c> go: into system memory, out of the tables, off the garbage list
    /// (MADV-033). One that cannot be unbound stays, and comes into that list no more (VEC-09).</summary>
    private static void RemoveFrom(VmContext vm, ulong start, ulong end)
    {
        for (int range = vm.Ranges.FirstOverlap(start, end); range != 0;)
        {
            (ulong rangeStart, ulong rangeEnd) = (vm.Ranges[range].Start, vm.Ranges[range].End);
            if (rangeStart < start || rangeEnd > end)
                Remove(vm, range);
            range = rangeEnd < end ? vm.Ranges.FirstOverlap(rangeEnd, end) : 0;
        }
    }

    private static void Remove(VmContext vm, int range)
    {
        ulong start = vm.Ranges[range].Start;
        if (vm.Mirrors is MirrorSpace space && vm.Ranges[range].Notifier != 0)
            space.Garbage.Remove(range);
        else
            RangeOps.Unbind(vm, start, vm.Ranges[range].End);
        vm.Call.Pardon();
        vm.Call.BeginSubmission();
    }
}
