using System.Runtime.CompilerServices;
using XePt.Calls;

namespace XePt.Pipeline;

/// <summary>Raises the events of stages for who enters the road later than a VM_BIND: faults, rebinds, ranges, advice. Asks whether
/// somebody wants them.</summary>
internal static class StageEvents
{
    /// <summary>A stage begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(VmContext vm, RoadStage stage)
    {
        if (vm.Call.IsTraced)
            TracedRoad.Enter(vm, stage);
    }

    /// <summary>It ends.</summary>
    /// <returns>How it ended.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome End(VmContext vm, RoadStage stage, Outcome outcome)
    {
        if (vm.Call.IsTraced)
            TracedRoad.Leave(vm, stage, outcome);
        return outcome;
    }
}
