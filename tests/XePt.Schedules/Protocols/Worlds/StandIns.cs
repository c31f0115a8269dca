using XePt.Calls;
using XePt.Commit;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Svm;
using XePt.Tlb;
using XePt.Uapi;

namespace XePt.Pipeline
{
    /// <summary>Stands in for a VM: what queues, mirrors and faults ask of it. Map, tables, gate and jobs are production code; what binds
    /// of clients need is missing.</summary>
    internal sealed class VmContext : IDisposable
    {
        public VmContext(VmJobs jobs, TlbFlush tlb) => (Jobs, Tlb, Userptrs) = (jobs, tlb, new UserptrTable(jobs.Submissions));

        public VmContext(VmJobs jobs, TlbFlush tlb, VmFacts facts, PteEncoding encoding, TileTables[] tables, LaterList later,
            DeviceMemory memory, Residency residency, FailureInjector failures, AllocationGate gate)
            : this(jobs, tlb)
        {
            (Facts, Tables, Later, Memory, Residency) = (facts, tables, later, memory, residency);
            Space = new GpuvaSpace(0, facts.Platform.VmSize, gate);
            Ranges = new SvmRangeMap(gate);
            Leaves = new LeafAttributes(facts, encoding);
            var userFences = new UserFenceTable(gate);
            Vmas = new VmaFactory(Space, memory.Bos, Cpu, Userptrs, userFences, later, facts);
            Call = new BindCall(jobs, memory.Bos, userFences, failures, Watch, gate);
            Stager = new PtStager(facts, encoding, Space, Call);
        }

        public DeviceWatch Watch { get; } = new("schedules");

        public VmJobs Jobs { get; }

        public TlbFlush Tlb { get; }

        public VmFacts Facts { get; } = null!;

        public TileTables[] Tables { get; } = [];

        public LaterList Later { get; } = null!;

        public WriterGate Writer => Later.Gate;

        public void CarryOutChanges() => Vmas.Process?.CarryOutBetweenCalls();

        public DeviceMemory Memory { get; } = null!;

        public Residency Residency { get; } = null!;

        public GpuvaSpace Space { get; } = null!;

        public SvmRangeMap Ranges { get; } = null!;

        public PtStager Stager { get; } = null!;

        public LeafAttributes Leaves { get; } = null!;

        public BindCall Call { get; } = null!;

        public Mirroring? Mirrors { get; set; }

        public BoReservations BoFences { get; } = new();

        public UserptrTable Userptrs { get; }

        public CpuAddressSpace Cpu { get; } = new();

        public VmaFactory Vmas { get; } = null!;

        public VmCounters Counters;

        public ulong FlushSeqno;

        public bool IsIdle => Jobs.Reservation.IsQuiet;

        public bool IsUpToDate => true;

        public bool IsClosed { get; set; }

        public bool IsBanned { get; private set; }

        public void Ban() => IsBanned = true;

        public bool AwaitsRepair(int vma) => vma < 0;

        public int ExternalBoOf(int vma) => Math.Min(vma, 0);

        public int FindVma(ulong va) => IsBanned ? 0 : Space.Find(va);

        public Errno Repin(in Vma v)
        {
            Errno error = Vmas.Repin(v, out UserptrPages old);
            if (error == Errno.Ok && old.Slot != 0)
                Vmas.Deferred.AddPages(FenceOfAll(), old.Slot);
            return error;
        }

        public Fence FenceOfAll()
        {
            FenceSet pending = Jobs.Waits;
            pending.Clear();
            Jobs.Reservation.Collect(FenceUsage.Bookkeep, pending);
            return Jobs.Composites.Of(pending);
        }

        public void Dispose()
        {
            Call.Dispose();
            Ranges.Dispose();
            Space.Dispose();
        }
    }

    /// <summary>Stands in for the events of a VM.</summary>
    internal static class VmEvents
    {
        public static void CpuBind(VmContext vm) => _ = vm;
    }

    /// <summary>Stands in for the events of VMAs.</summary>
    internal static class VmaEvents
    {
        public static void Invalidate(VmContext vm, int vma) => _ = Of(vm, vma);

        public static (VmContext Vm, int Vma) Of(VmContext vm, int vma) => (vm, vma);
    }

    /// <summary>Stands in for the events of BOs.</summary>
    internal static class BoEvents
    {
        public static void Validate(DeviceWatch watch, BufferObject bo) => _ = (watch, bo);
    }

    /// <summary>Stands in for the memory of BOs: there are none.</summary>
    internal static class OpResidency
    {
        public static Outcome Require(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va) =>
            throw new NotSupportedException($"{vm.Call.Number} {bo} {mayEvictOwn} {va:x}");
    }

    /// <summary>Stands in for the events of stages.</summary>
    internal static class StageEvents
    {
        public static void Begin(VmContext vm, RoadStage stage) => _ = (vm, stage);

        public static Outcome End(VmContext vm, RoadStage stage, Outcome outcome)
        {
            _ = (vm, stage);
            return outcome;
        }
    }

    /// <summary>Stands in for the events of flushes.</summary>
    internal static class FlushEvents
    {
        public static void Start(VmContext vm, uint tiles, ulong start, ulong end) => _ = (vm, tiles, start, end);

        public static void Stop(VmContext vm, uint tiles, ulong start, ulong end) => _ = (vm, tiles, start, end);
    }

    /// <summary>Stands in for the staging of binds of clients: nobody stages ops here.</summary>
    internal static class BindStage
    {
        public static void Abort(VmContext vm)
        {
            for (int i = vm.Call.Tiles.Length - 1; i >= 0; i--)
                vm.Stager.Abort(vm.Call.Tiles[i]);
        }
    }
}

namespace XePt.Diagnostics
{
    /// <summary>Stands in for an event about a tile, which nobody sees.</summary>
    internal readonly record struct TileEvent(int Vm, int Tile, ulong Start, ulong End)
    {
        public static TileEvent Of(int vm, int tile, ulong start, ulong last) => new(vm, tile, start, last);
    }

    /// <summary>Stands in for the events of the engine.</summary>
    internal static class EngineEvents
    {
        public static void WriteStart(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void WriteStop(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void FlushStart(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void FlushStop(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void RetireStart(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void RetireStop(DeviceWatch watch, TileEvent fields) => _ = (watch, fields);

        public static void VmaPagefault(DeviceWatch watch, (Pipeline.VmContext Vm, int Vma) fields) => _ = (watch, fields);

        public static void VmaUserptrInvalidate(DeviceWatch watch, (Pipeline.VmContext Vm, int Vma) fields) => _ = (watch, fields);

        public static void VmaUserptrInvalidateComplete(DeviceWatch watch, (Pipeline.VmContext Vm, int Vma) fields) => _ = (watch, fields);
    }

    /// <summary>Stands in for those who watch a device: nobody does.</summary>
    internal sealed class DeviceWatch(string name)
    {
        public string Name { get; } = name;

        public int Bits => 0;

        public bool IsArmed => false;

        public bool IsTraced => false;

        public bool IsDetailed => false;

        public void Fail(Exception thrown) => _ = thrown;

        public static bool HasFailures(int bits) => bits != 0;

        public static bool HasEvents(int bits) => bits < 0;

        public static bool HasDetails(int bits) => HasEvents(bits);

        public static bool HasRecorderOnly(int bits) => HasEvents(bits);

        public static int WithFailures(int bits) => bits | 1;

        public void SetPassing(bool isOn) => _ = isOn;

        public void AddPlaces(int change) => _ = change;
    }
}

namespace XePt.Svm
{
    using XePt.Pipeline;

    /// <summary>Stands in for the events of ranges, which nobody sees.</summary>
    internal static class RangeEvents
    {
        public static void Start(VmContext vm, ulong start, ulong end, bool toDevice) => _ = (vm, start, end, toDevice);

        public static void Stop(VmContext vm, ulong start, Errno errno) => _ = (vm, start, errno);

        public static void Range(VmContext vm, int range, string operation) => _ = (vm, range, operation);
    }

    /// <summary>Stands in for the defaults of mirrors, which are never changed here.</summary>
    internal static class AutoReset
    {
        public static Errno Run(MirrorSpace space, ulong start, ulong end) => space.Size > start && end > start ? Errno.Ok : Errno.EINVAL;
    }

    /// <summary>Stands in for prefetches: nobody makes any here.</summary>
    internal sealed class RangePrefetch(MirrorSpace space)
    {
        public bool IsAnything => space.Vm.IsBanned;

        public Outcome Add(int firstOp, in BindRequest request) => throw new NotSupportedException($"{firstOp} {request.Start}");

        public Outcome Populate(Outcome others) => others;

        public Outcome Stage() => throw new NotSupportedException($"{space.Vm.Call.Number}");

        public Outcome Submit() => throw new NotSupportedException($"{space.Vm.Call.Number}");

        public Outcome PutOff(Outcome others) => others;
    }
}

namespace XePt.Faults
{
    using XePt.Pipeline;

    /// <summary>Stands in for the events of faults, which nobody sees.</summary>
    internal static class FaultEvents
    {
        public static void Start(DeviceWatch watch, in GpuFault fault) => _ = (watch, fault.Asid);

        public static void Stop(DeviceWatch watch, in GpuFault fault, Errno errno) => _ = (watch, fault.Asid, errno);
    }
}
