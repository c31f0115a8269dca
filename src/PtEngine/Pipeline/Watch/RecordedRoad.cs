using System.Diagnostics.Tracing;
using XePt.Calls;
using XePt.Diagnostics;
using XePt.Gpuva;

namespace XePt.Pipeline;

/// <summary>A recorder that keeps no stages watches: what becomes of the ops, which costs one record each.</summary>
internal readonly struct RecordedRoad : IRoadWatch
{
    public static void Enter(VmContext vm, RoadStage stage)
    {
    }

    public static void Leave(VmContext vm, RoadStage stage, Outcome outcome)
    {
    }

    public static unsafe void Prepared(VmContext vm)
    {
        if (vm.Watch.Ring is not { } ring || !ring.Takes(EventLevel.Informational, XeEventGroups.Vma))
            return;
        // SAFETY: the list of ops does not change any more.
        GpuvaOp* end = vm.Call.Ops.End;
        for (GpuvaOp* op = vm.Call.Ops.First; op < end; op++)
            TracedRoad.Record(op->Kind, vm, ring, *op);
    }

    public static void Executed(VmContext vm, Outcome outcome) => TracedRoad.Executed(vm, outcome);
}
