using XePt.Accesses;
using XePt.Calls;
using XePt.Commit;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Epochs;
using XePt.Faults;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Svm;
using XePt.Tlb;
using XePt.Uapi;
using XePt.Walk;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A VM that mirrors one page of a process: ranges, notifiers, faults, garbage collector, migrations and tables are production code; the VM
/// around them (<see cref="VmContext"/>) and the process (<see cref="TinyProcess"/>) are stand-ins. Pages are told apart by numbers: the
/// system page at the start is <see cref="TableWorld.OldPage"/>.
/// </summary>
internal sealed unsafe class MirrorWorld : IDisposable
{
    public const ulong Va = 1UL << 40, PageBytes = PageTablePool.PageBytes;

    /// <summary>The page in device memory.</summary>
    public const int DevicePage = TableWorld.ForeignPage;

    private const int PoolPages = 64;
    private const int InSystemMemory = -1;
    private const ulong VramBytes = 16 << 20;

    private sealed class Space(MirrorWorld world, TlbVm vm)
        : TlbSpace(vm, world.Platform.RootLevel, world.Platform.FormatId, world.Platform.VmSize)
    {
        public override Translation Walk(ref TlbWalk walk, ulong va)
        {
            long* pin = world._epochs.Enter();
            if (walk.Table == 0)
                (walk.Table, walk.Level) = (world._tables.RootAddress, RootLevel);
            fixed (TlbWalk* traced = &walk)
            {
                Translation leaf = PageWalker.WalkFrom(
                    new TracedMemory(new PoolMemory(world._tables.Pool), traced), walk.Table, walk.Level, walk.IsCompact, Format, va);
                world._epochs.Exit(pin);
                return leaf;
            }
        }
    }

    /// <summary>Device memory that says when a block goes back.</summary>
    private sealed class Room(MirrorWorld world) : Residency
    {
        public override Outcome MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va) =>
            throw new NotSupportedException();

        public override Outcome Migrate(VmContext vm, BufferObject bo, int region, bool mayEvictOwn, ulong va) =>
            throw new NotSupportedException();

        public override void NoteExec(VmContext vm) => throw new NotSupportedException();

        public override Outcome Revalidate(VmContext vm) => throw new NotSupportedException();

        public override Outcome TakeBlock(VmContext vm, IMovable block, int region, ref BlockList memory)
        {
            world.Block = block;
            return world._memory.TakeBlock(region, block.Size, claims: false, ref memory) == Errno.Ok ? Outcome.Done : Outcome.Refused;
        }

        public override void ReturnBlock(IMovable block, int region, ref BlockList memory)
        {
            world.Owners.Release(DevicePage);
            world._memory.ReturnBlock(region, block.Size, ref memory);
        }
    }

    /// <summary>Who wants to know what becomes of a fault.</summary>
    private sealed class Asker : FaultOrigin
    {
        public Errno? Answer { get; private set; }

        public int Told { get; private set; }

        public override void Answered(in Rejection why) => (Answer, Told) = (why.Errno, Told + 1);

        public override void Forgotten() => Told++;
    }

    private readonly struct Migration(MirrorWorld world) : IVmOperation
    {
        public bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            int range = world.Mirrors.Ranges.Containing(Va);
            RangeMigration.IntoDevice(world.Mirrors, range, world.Device.Pagemaps[0], timeslice: 0, out Errno _);
            return Outcome.Done;
        }
    }

    private readonly AllocationGate _gate = new();
    private readonly EpochDomain _epochs = new();
    private readonly DeviceMemory _memory;
    private readonly TableStore _store;
    private readonly TileTables _tables;
    private readonly int _mirror;
    private Asker? _asker;

    public MirrorWorld(bool isDiscrete, bool copiesLate = false)
    {
        Platform = XePlatforms.Dg2 with
        {
            IsDiscrete = isDiscrete,
            HasFaultMode = true,
            VramNeeds64K = false,
            VramBytesPerTile = VramBytes,
        };
        _memory = new DeviceMemory(Platform, _gate);
        _store = new TableStore(new PageTablePool(0x100000, PoolPages * PageTablePool.PageBytes), _epochs);
        var encoding = new PteEncoding(Platform);
        var later = new LaterList(new WriterGate());
        TileTables.Create(_store, _gate, later, Platform, encoding, hasScratch: false, out TileTables? tables);
        _tables = tables!;
        Hub = new TlbHub(Platform, Clock) { WaitLimit = Timeout.InfiniteTimeSpan };
        Hub.TryOpen(out TlbVm vm);
        ForTlb = new Space(this, vm);
        var flush = new TlbFlush(Hub, Platform, vm) { Failures = new Diagnostics.FailureInjector() };
        var jobs = new VmJobs(flush, [_tables], later, Scheduler, _gate, report: _ => { });
        var facts = new VmFacts(Platform, IsLongRunning: true, IsFaultMode: true, HasScratch: false);
        var room = new Room(this);
        Vm = new VmContext(jobs, flush, facts, encoding, [_tables], later, _memory, room, Failures, _gate);
        ICopyEngine copies = copiesLate ? Copies : InstantCopyEngine.Instance;
        Device = new MirrorDevice(Platform, _memory, room, Clock, copies, store: null, interconnect: null, Failures)
        {
            PutsCopiesOff = copiesLate,
        };
        Mirrors = new MirrorSpace(Vm, new GuardedProcess(Process, Vm.Watch), Device, notifierSize: 2 << 20, Scheduler, Vms);
        Vm.Mirrors = Mirrors;
        _mirror = AddMirror();
        Faults = new FaultIntake(Platform, Vms, Device, Clock, Scheduler, sink: null) { Watch = Vm.Watch };
        Faults.Add(Vm);
        Accesses = new DeviceAccess(new AccessGate(Hub), _epochs, Device, Faults, Scheduler, hasOtherThreads: false)
        {
            WaitLimit = TimeSpan.FromDays(2),
        };
    }

    public PlatformInfo Platform { get; }

    public VirtualClock Clock { get; } = new();

    public FailureInjector Failures { get; } = new();

    public JobScheduler Scheduler { get; } = new(isInline: true);

    public TlbHub Hub { get; }

    public TlbSpace ForTlb { get; }

    public VmContext Vm { get; }

    public AllVms Vms { get; } = new();

    public MirrorDevice Device { get; }

    public FaultIntake Faults { get; }

    /// <summary>Accesses of simulated GPUs, which wait for ever.</summary>
    public DeviceAccess Accesses { get; }

    public MirrorSpace Mirrors { get; }

    public TinyProcess Process { get; } = new();

    /// <summary>Copies of faults, where they end later.</summary>
    public LateCopies Copies { get; } = new();

    /// <summary>Whose the pages are.</summary>
    public PageOwners Owners { get; } = new();

    /// <summary>Raises a fault; with the inline drive it is serviced here, as far as it need not wait.</summary>
    /// <returns>What it is answered with; null when it has to wait.</returns>
    public Errno? Fault(GpuAccessKind access = GpuAccessKind.Read)
    {
        _asker = new Asker();
        Faults.Raise(new GpuFault { Asid = Vm.Tlb.Vm.Asid, PageAddress = Va, Access = access }, _asker);
        return LastAnswer;
    }

    /// <summary>What the last fault was answered with; null when it was not.</summary>
    public Errno? LastAnswer => _asker?.Answer;

    /// <summary>How often its raiser was told what became of it.</summary>
    public int Told => _asker?.Told ?? 0;

    /// <summary>The block of the last migration into device memory; it is somebody else's when nobody refers to it.</summary>
    public IMovable? Block { get; private set; }

    /// <summary>The device ends: faults are given up.</summary>
    public void AbandonFaults() => Faults.Abandon();

    /// <summary>From now on faults bring the page into device memory.</summary>
    public void PreferDevice() => Vm.Space.Vmas[_mirror].Attributes.PreferredDevice = 0;

    /// <summary>Brings the range into device memory, inside the VM.</summary>
    public void MoveIn()
    {
        var migration = new Migration(this);
        VmEntry.Run(Vms, Vm, ref migration);
        Owners.Release(TableWorld.OldPage);
    }

    /// <summary>Drops the page of the process; when that returns nobody must reach it.</summary>
    public void Discard()
    {
        Process.Change(CpuChangeKind.Clear, drops: true);
        Owners.Release(TableWorld.OldPage);
    }

    /// <summary>Announces a change that changes nothing.</summary>
    public void Announce() => Process.Change(CpuChangeKind.SoftDirty, drops: false);

    /// <summary>Takes the memory away.</summary>
    public void Unmap()
    {
        Process.Change(CpuChangeKind.Unmap, drops: true);
        Owners.Release(TableWorld.OldPage);
    }

    /// <summary>The page that entries lead to, or none.</summary>
    public int Mapped => MappedAt(Va);

    /// <summary>The same for another address.</summary>
    public int MappedAt(ulong va) => NumberOf(PageWalker.Walk(
        new PoolMemory(_tables.Pool), _tables.RootAddress, Platform.RootLevel, Platform.FormatId, va));

    /// <summary>The page that the process has there, or none.</summary>
    public int Present => Process.IsInBlock ? DevicePage : Process.Frame == 0 ? TableWorld.NoPage : NumberOf(Process.Frame);

    /// <summary>Number of the page that a translation leads to.</summary>
    public int NumberOf(Translation found) => found.Status != TranslationStatus.Mapped ? TableWorld.NoPage
        : found.IsDeviceMemory ? DevicePage
        : NumberOf(found.Address);

    /// <summary>Number of the page that a frame is.</summary>
    public static int NumberOf(ulong frame) => frame == TinyProcess.FirstFrame ? TableWorld.OldPage : TableWorld.NewPage;

    public void Dispose()
    {
        Vm.Jobs.Dispose();
        Vm.Dispose();
        // Without its gate, in which a run that was abandoned may have ended.
        foreach (MemoryRegion region in _memory.Regions)
            region.Dispose();
        _memory.DisposeTables();
        _tables.Pool.Dispose();
    }

    private int AddMirror()
    {
        ref Vma v = ref Vm.Space.Vmas.Rent(out int slot);
        (v.Start, v.End, v.Flags) = (Va, Va + (2 << 20), VmaFlags.Mirror);
        v.Attributes.PreferredDevice = InSystemMemory;
        if (Vm.Space.Insert(slot) != Errno.Ok)
            throw new InsufficientMemoryException();
        return slot;
    }
}
