using XePt.Diagnostics;
using XePt.Pipeline;

namespace XePt;

// What can be seen of the device from outside: events, the recorder, counters.
public sealed partial class XeDevice
{
    private long _tablesOfEnded;

    private static readonly string[] FenceKinds = Enum.GetNames<FenceEventKind>();

    /// <summary>Name of the device in events and counters; no other device of the process has it.</summary>
    public string Name => Watch.Name;

    /// <summary>Keeps the newest events in memory once it is started.</summary>
    public XeRecorder Recorder { get; }

    internal DeviceWatch Watch { get; }

    DeviceWatch IWatchedDevice.Watch => Watch;

    void IWatchedDevice.ReadCounters(List<CounterValue> into) => ReadCounters(into);

    /// <summary>Page tables that VMs which are gone have made.</summary>
    internal long TablesOfEnded => Interlocked.Read(ref _tablesOfEnded);

    /// <summary>A VM is gone, and what it has counted with it.</summary>
    internal void AddEnded(in VmCounters counters) => Interlocked.Add(ref _tablesOfEnded, counters.TablesMade);

    internal void ReadCounters(List<CounterValue> into)
    {
        DeviceCounters.OfMoves(MoveCounters, into);
        for (int gt = 0; gt < 32; gt++)
        {
            if ((Platform.GtMask >> gt & 1) != 0)
                DeviceCounters.OfGt(gt, Mirrors.Statistics[gt], into);
        }

        int vms = 0;
        foreach (VmContext vm in Residency.Vms.Vms)
        {
            vms++;
            DeviceCounters.OfVm(vm.Tlb.Vm.Number, vm.Counters, into);
        }

        into.Add(new CounterValue(CounterNames.Vms, -1, 0, vms));
        if (!IsDisposed)
            into.Add(new CounterValue(CounterNames.TablesInUse, -1, 0, TablesInUse));
    }

    private void Trace(in FenceEvent happened) => EngineEvents.Fence(Watch, new FenceTrace
    {
        Kind = FenceKinds[(int)happened.Kind],
        KindNumber = (uint)happened.Kind,
        Vm = (ulong)happened.Vm,
        Tile = (uint)happened.Tile,
        Queue = happened.Queue,
        Seqno = happened.Fence.Seqno,
        Errno = (int)happened.Fence.Error,
    });

    private void TellFiles()
    {
        int bits = Watch.Bits;
        foreach (XeFile file in _files.Items)
            file.SetWatched(bits);
    }
}
