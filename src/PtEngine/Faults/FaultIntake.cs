using System.Collections.Concurrent;
using System.Numerics;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Pipeline;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Faults;

/// <summary>Where the faults of a device come in: four queues by address-space id (CFG-007, FLT-010).</summary>
/// <remarks>Concurrency: any thread raises faults. Faults of one address space are serviced in their order; those of different queues at
/// the same time if there are threads for it (FLT-012).</remarks>
internal sealed class FaultIntake
{
    private const int Queues = 4;
    private const int EntryShift = 3;

    private readonly ConcurrentDictionary<uint, VmContext> _vms = [];
    private readonly FaultQueue[] _queues;
    private readonly IGpuFaultSink? _sink;
    private long _lost;

    public FaultIntake(PlatformInfo platform, AllVms vms, MirrorDevice mirrors, XeClock clock, JobScheduler scheduler, IGpuFaultSink? sink)
    {
        (Vms, Mirrors, Clock, _sink) = (vms, mirrors, clock, sink);
        Capacity = CapacityOf(platform);
        _queues = [.. Enumerable.Range(0, Queues).Select(_ => new FaultQueue(this, Capacity, mirrors.AddLanes(), scheduler))];
    }

    /// <summary>Who watches the device.</summary>
    public required DeviceWatch Watch { get; init; }

    public AllVms Vms { get; }

    public MirrorDevice Mirrors { get; }

    public XeClock Clock { get; }

    /// <summary>Entries of a queue; one less can wait in it (CFG-008).</summary>
    public int Capacity { get; }

    /// <summary>Faults that found a full queue and are never answered (FLT-011).</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>A VM can be found by its id (FLT-039).</summary>
    public void Add(VmContext vm) => _vms[vm.Tlb.Vm.Asid] = vm;

    /// <summary>A VM is gone.</summary>
    public void Remove(VmContext vm) => _vms.TryRemove(new KeyValuePair<uint, VmContext>(vm.Tlb.Vm.Asid, vm));

    public VmContext? FindVm(uint asid) => _vms.GetValueOrDefault(asid);

    /// <summary>Takes a fault in.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="origin">Who raises it and wants to know what becomes of it, or null.</param>
    /// <returns>Ok; -ENOSPC when its queue is full: then it is lost (FLT-011), and the origin hears nothing.</returns>
    public Errno Raise(in GpuFault fault, FaultOrigin? origin = null)
    {
        if (_queues[fault.Asid % Queues].TryAdd(fault, origin))
            return Errno.Ok;
        Interlocked.Increment(ref _lost);
        return Errno.ENOSPC;
    }

    /// <summary>The queue of an address space can take another fault.</summary>
    public bool HasRoom(uint asid) => _queues[asid % Queues].Count < Capacity - 1;

    /// <summary>The queue of an address space waits for a fence.</summary>
    public bool IsParked(uint asid) => _queues[asid % Queues].IsParked;

    /// <summary>Faults of a GT that wait are forgotten, because the GT is reset (FLT-015).</summary>
    public int Squash(int gt) => _queues.Sum(queue => queue.Squash(gt));

    /// <summary>The device ends: what waits is forgotten.</summary>
    public void Abandon()
    {
        foreach (FaultQueue queue in _queues)
            queue.Abandon();
    }

    /// <summary>Answers a serviced fault (FLT-014). A sink that throws keeps no other fault waiting; its exception goes on when everything
    /// is done.</summary>
    public void Answer(in FaultService service)
    {
        try
        {
            _sink?.Reply(new GpuFaultReply(service.Fault, service.Why));
        }
        catch (Exception thrown)
        {
            Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
        }

        service.Origin?.Answered(service.Why);
    }

    /// <summary>CFG-008, in entries.</summary>
    private static int CapacityOf(PlatformInfo platform) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)(platform.ExecutionUnits + platform.Engines.Count()) << EntryShift);
}
