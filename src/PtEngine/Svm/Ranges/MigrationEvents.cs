using XePt.Diagnostics;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Raises the events of the moves of pages.</summary>
internal static class MigrationEvents
{
    public static void Start(VmContext vm, ulong start, ulong end, bool toDevice) => EngineEvents.MigrationStart(
        vm.Watch, new MigrationStartEvent { Vm = (ulong)vm.Tlb.Vm.Number, Start = start, End = end - 1, ToDevice = toDevice });

    public static void Stop(VmContext vm, ulong start, Errno errno) => EngineEvents.MigrationStop(
        vm.Watch, new MigrationStopEvent { Vm = (ulong)vm.Tlb.Vm.Number, Start = start, Errno = (int)errno });
}
