using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Raises the events of ranges and of the moves of their pages.</summary>
internal static class RangeEvents
{
    public static void Start(VmContext vm, ulong start, ulong end, bool toDevice) => EngineEvents.MigrationStart(
        vm.Watch, new MigrationStartEvent { Vm = (ulong)vm.Tlb.Vm.Number, Start = start, End = end - 1, ToDevice = toDevice });

    public static void Stop(VmContext vm, ulong start, Errno errno) => EngineEvents.MigrationStop(
        vm.Watch, new MigrationStopEvent { Vm = (ulong)vm.Tlb.Vm.Number, Start = start, Errno = (int)errno });

    public static void Range(VmContext vm, int range, string operation)
    {
        ref readonly SvmRange r = ref vm.Ranges[range];
        bool isInVram = r.Has(SvmRangeFlags.HasDevicePages);
        EngineEvents.SvmRange(vm.Watch, new RangeEvent
        {
            Operation = operation,
            Asid = vm.Tlb.Vm.Asid,
            InVram = isInVram,
            VramBound = isInVram && r.TilePresent != 0,
            Notifier = (ulong)r.Notifier,
            Start = r.Start,
            End = r.End,
            Size = r.Size,
        });
    }
}
