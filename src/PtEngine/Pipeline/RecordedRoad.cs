using XePt.Calls;

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

    public static void Prepared(VmContext vm) => TracedRoad.Prepared(vm);

    public static void Executed(VmContext vm, Outcome outcome) => TracedRoad.Executed(vm, outcome);
}
