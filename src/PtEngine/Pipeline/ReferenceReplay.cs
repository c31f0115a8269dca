using XePt.Gpuva;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>
/// Two defects of the reference are not reproduced (<c>docs/deviations.md</c>: skip_of_staged, prefetch_of_staged), and they change what is staged
/// before a request fails. So that the report of a failed request shows what the reference had staged, such a request is parsed and staged
/// once more the reference's way, only to be looked at, and taken back again. It never runs.
/// </summary>
internal static class ReferenceReplay
{
    /// <summary>True when the request met one of the two defects.</summary>
    public static bool IsNeeded(VmContext vm) => vm.Parser.SawStagedSplit || vm.Stager.SawRepeat;

    /// <summary>Leaves <see cref="VmContext.Ops"/> and <see cref="VmContext.Tiles"/> as the reference would have them; nothing else changes.</summary>
    public static void Show(VmContext vm)
    {
        (Rejection why, VmCounters counters, ulong flushSeqno) = (vm.Why, vm.Counters, vm.FlushSeqno);
        vm.Begin();
        vm.Parser.ActsAsReference = vm.Stager.CountsRepeats = true;
        if (BindPipeline.Split(vm) == Errno.Ok && BindStage.Prepare(vm) == Errno.Ok)
            BindStage.Abort(vm);
        BindPipeline.Unwind(vm);
        (vm.Why, vm.Counters, vm.FlushSeqno) = (why, counters, flushSeqno);
    }
}
