using XePt.Calls;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Svm;

/// <summary>SVM ranges as plain page-table operations: bind a piece of a mirror VMA to pages, unbind it, zap it. The policy is not
/// here.</summary>
internal static class RangeOps
{
    /// <summary>Binds <c>[start, end)</c> to pages (PT-139).</summary>
    /// <returns>Done; refused: -EINVAL when the interval is not inside one mirror VMA or its VRAM pages do not suit the VM;
    /// -ENOMEM.</returns>
    public static Outcome Bind(VmContext vm, ulong start, ulong end, Backing pages)
    {
        int mirror = vm.FindVma(start);
        if (mirror == 0 || !vm.Space.Vmas[mirror].IsMirror || vm.Space.Vmas[mirror].End < end)
            return vm.Call.Refuse(Refusals.RangeIsOutsideMirror(start));

        int existing = vm.Ranges.Find(start);
        bool isNew = existing == 0 || vm.Ranges[existing].End != end;
        if (isNew && vm.Ranges.FirstOverlap(start, end) != 0)
            return vm.Call.Refuse(Refusals.RangeOverlaps(start));

        int range = isNew ? vm.Ranges.TryAdd(start, end) : existing;
        if (range == 0)
            return vm.Call.Refuse(Refusals.VmBindNoPageTables(start));
        StageEvents.Begin(vm, RoadStage.Stage);
        Outcome staged = StageEvents.End(vm, RoadStage.Stage, RangeBind.Stage(vm, mirror, range, uint.MaxValue, pages));
        Outcome outcome = Submission.RunOrAbort(vm, staged, vm.Jobs.FaultQueue, waitsForFlushes: false);
        // A range whose pages do not suit stays known, as in the reference: removing its mirror is refused until it is unbound.
        if (outcome != Outcome.Done && isNew && vm.Call.Why.Errno != Errno.EINVAL)
            vm.Ranges.Remove(range);
        return outcome;
    }

    /// <summary>Unbinds and forgets the range <c>[start, end)</c> (PT-141); nothing when there is none.</summary>
    public static Outcome Unbind(VmContext vm, ulong start, ulong end)
    {
        int range = Find(vm, start, end);
        if (range == 0)
            return Outcome.Done;

        Outcome staged = RangeBind.StageUnbind(vm, vm.Ranges[range]);
        Outcome outcome = Submission.RunOrAbort(vm, staged, vm.Jobs.FaultQueue, waitsForFlushes: false);
        if (outcome == Outcome.Done)
            vm.Ranges.Remove(range);
        return outcome;
    }

    /// <summary>Zaps the range <c>[start, end)</c> where it is valid (PT-112, PT-118).</summary>
    /// <returns>True when entries were zeroed.</returns>
    public static bool Zap(VmContext vm, ulong start, ulong end)
    {
        int range = Find(vm, start, end);
        if (range == 0)
            return false;

        ref SvmRange r = ref vm.Ranges[range];
        var zap = new ImmediateZap(vm, start, end);
        zap.Take(r.ValidTiles, start, end);
        r.TileInvalidated |= r.ValidTiles;
        zap.Flush(TlbInvalidationCause.Range);
        if (zap.Tiles == 0)
            return false;
        vm.Counters.RangeInvalidations++;
        return true;
    }

    private static int Find(VmContext vm, ulong start, ulong end)
    {
        int range = vm.Ranges.Find(start);
        return range != 0 && vm.Ranges[range].End == end ? range : 0;
    }
}
