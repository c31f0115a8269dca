using System.Numerics;
using XePt.Accesses;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Epochs;
using XePt.Evict;
using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Queues;
using XePt.Stage;
using XePt.Svm;
using XePt.Tlb;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>
/// One GPU without hardware: its platform, memory and clients. The engine creates no thread, task, timer or finalizer; dispose the device
/// to give its memory back.
/// </summary>
/// <remarks>
/// Concurrency: VMs change on different threads at the same time, and meet only while a BO that has memory moves
/// (<c>docs/concurrency/evict.md</c>). Reading page tables through a walker is free on any number of threads while binds go on.
/// </remarks>
public sealed partial class XeDevice : IDisposable, IWatchedDevice
{
    private readonly SharedList<XeFile> _files = new();
    private readonly BoReservations _boFences = new();
    private int _vmsThere;
    private int _disposals;
    private int _tablesFreed;

    /// <summary>Makes a device.</summary>
    /// <param name="platform">One of <see cref="XePlatforms"/>, or a variant of it.</param>
    /// <param name="options">Choices; null for the defaults.</param>
    /// <exception cref="ArgumentException">A choice that no device can have.</exception>
    /// <exception cref="InsufficientMemoryException">The host has no memory for the device's book-keeping.</exception>
    public XeDevice(PlatformInfo platform, XeDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(platform);
        Options = options ?? new XeDeviceOptions();
        Check(platform, Options);
        Platform = platform;
        Watch = new DeviceWatch(LiveDevices.NewName(platform.Name)) { Changed = TellFiles };
        Failures = new FailureInjector(Watch);
        Gate = new AllocationGate(Failures);
        Clock = Options.Clock ?? new VirtualClock();
        Recorder = new XeRecorder(Watch, () => Clock.Now);
        Watch.Failed = Recorder.Failed;
        Descriptors = Options.Descriptors ?? new XeDescriptors();
        Scheduler = new JobScheduler(isInline: Options.Drive == DriveMode.Inline) { Failed = Watch.Fail };
        Encoding = new PteEncoding(platform);
        Tlb = new TlbHub(platform, Clock);
        Tlb.Trace(new TlbEvents(Watch));
        Memory = new DeviceMemory(
            platform, Gate, Options.PageTableWindow, Options.CpuVisibleVramBytes, Options.VramAccount);
        Residency = new BoResidency(Memory, _boFences, Failures, Watch);
        Mirrors = new MirrorDevice(
            platform, Memory, Residency, Clock, Options.CopyEngine, Options.GpuStore,
            Options.Interconnect, Failures)
        {
            PutsCopiesOff = Options.Drive == DriveMode.Queued,
        };
        for (int gt = 0; gt < Mirrors.Statistics.Length; gt++)
            CountInvalidations(gt);
        Residency.Mover.Contents = new BoContents(Mirrors, Scheduler, Options.GpuStore as IBoStore);
        Faults = new FaultIntake(platform, Residency.Vms, Mirrors, Clock, Scheduler, Options.GpuFaultSink)
        {
            Watch = Watch,
        };
        Accesses = new DeviceAccess(new AccessGate(Tlb), Epochs, Mirrors, Faults, Scheduler, Options.WaitsForOtherThreads);
        Closed = new ClosedVms(Epochs, Gate);
        Tables = [.. Memory.Pools.Select(pool => new TableStore(pool, Epochs))];
        LiveDevices.Add(this);
    }

    /// <summary>The platform.</summary>
    public PlatformInfo Platform { get; }

    /// <summary>The choices the device was made with.</summary>
    public XeDeviceOptions Options { get; }

    /// <summary>What its clients share with each other, and with those of other devices that have the same table.</summary>
    public XeDescriptors Descriptors { get; }

    /// <summary>Makes chosen places fail, for tests of error handling.</summary>
    public FailureInjector Failures { get; }

    /// <summary>Told what becomes of work that could not complete inside its call; for tools that show it. Called on the thread that does
    /// the work; must be short and must not call the engine.</summary>
    public Action<FenceEvent>? FenceLog { get; set; }

    /// <summary>Where TLB models register and acknowledge invalidations.</summary>
    public TlbHub Tlb { get; }

    /// <summary>Page-table pages in use on all tiles, those included that wait for walkers to leave them or for TLBs to acknowledge. Exact
    /// while no bind runs. Any thread.</summary>
    public int TablesInUse => Memory.Pools.Sum(pool => pool.RentedCount);

    /// <summary>What checks of arguments know about the device.</summary>
    /// <summary>The fences of a BO, or null when it never had any.</summary>
    internal Reservation? ReservationOf(BufferObject bo) =>
        bo.PrivateTo is VmContext vm ? vm.Jobs.Reservation : _boFences.Find(bo.Slot);

    /// <summary>The same, made where there is none.</summary>
    internal Reservation MakeReservationOf(BufferObject bo) => ReservationOf(bo) ?? _boFences.Of(bo.Slot);

    internal DeviceCheckContext CheckFacts => new()
    {
        GraphicsVerx100 = Platform.GraphicsVerx100,
        MemoryRegionMask = Platform.MemoryRegionMask,
        GtMask = Platform.GtMask,
        IsDiscrete = Platform.IsDiscrete,
        VramNeeds64K = Platform.VramNeeds64K,
        HasFaults = Platform.HasFaultMode,
        ScratchWithFaults = Platform.AllowsScratchWithFaults,
    };

    internal AllocationGate Gate { get; }

    internal EpochDomain Epochs { get; } = new();

    internal PteEncoding Encoding { get; }

    internal JobScheduler Scheduler { get; }

    internal DeviceMemory Memory { get; }

    /// <summary>Page tables of each tile.</summary>
    internal TableStore[] Tables { get; }

    /// <summary>Tables that VMs have left behind.</summary>
    internal ClosedVms Closed { get; }

    /// <summary>Where BOs are, and the device's VMs.</summary>
    internal BoResidency Residency { get; }

    /// <summary>What the mirrors of its VMs share.</summary>
    internal MirrorDevice Mirrors { get; }

    /// <summary>Where faults come in.</summary>
    internal FaultIntake Faults { get; }

    /// <summary>What simulated accesses of its VMs share.</summary>
    internal DeviceAccess Accesses { get; }

    /// <summary>Opens the device: a new client with its own handles and ids.</summary>
    public XeFile OpenFile()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var file = new XeFile(this);
        _files.Add(file);
        file.SetWatched(Watch.Bits);
        if (!IsDisposed)
            return file;
        file.Dispose();
        throw new ObjectDisposedException(nameof(XeDevice));
    }

    /// <summary>The platform.</summary>
    public override string ToString() => Platform.ToString();

    /// <summary>What memory management has done so far.</summary>
    public MoveCounters MoveCounters => Residency.Mover.Tally.Read();

    /// <summary>Drives every BO that is not pinned, and all pages of processes, out of device memory, as for a suspend; the VMs that map
    /// them are told as for any move (EVT-012). They come back when they are used.</summary>
    /// <returns>Ok; -EBUSY when a BO is in use while a fault-mode VM maps it (EVT-003), -ENOMEM when system memory is full, -EFAULT when
    /// the process of pages is gone, or what copying them failed with. The others are moved all the same.</returns>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public Errno EvictAll()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Residency.EvictAll();
    }

    /// <summary>Drives out what other engines have asked for (<see cref="XeDeviceOptions.VramAccount"/>): whoever pumps the device does
    /// so whenever its account is asked.</summary>
    /// <returns>How many objects have left; 0 without an account.</returns>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    public int MakeRoom()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        WriterGate.ThrowIfInside();
        return Residency.MakeRoom();
    }

    /// <summary>Pins the tables for a walker of the embedder's own (<see cref="XeVm.GetTableMemory"/>): until the pin is disposed, no table
    /// memory that entries read under it lead to is reused. Any thread, no lock, no allocation; pins may nest. Hold it for a walk or a
    /// batch of walks, for tables that binds unlink meanwhile pile up.</summary>
    public WalkPin EnterWalk() => new(Epochs);

    /// <summary>Closes all clients and frees all memory. Table memory that a walker or pin still holds is freed when that is
    /// disposed.</summary>
    /// <remarks>Afterwards files cannot be opened or used (<see cref="ObjectDisposedException"/>), VMs behave as destroyed ones, and walks
    /// find nothing. Other threads may be in calls: table memory is freed when they have left the last VM. Not from inside a VM
    /// (<see cref="XeVm.VisitTables"/>).</remarks>
    public void Dispose()
    {
        WriterGate.ThrowIfInside();
        if (Interlocked.Increment(ref _disposals) > 1)
            return;
        try
        {
            CloseFiles();
        }
        finally
        {
            LiveDevices.Remove(this);
            FreeMemory();
        }
    }

    private void CountInvalidations(int gt)
    {
        if ((Tlb.GtMask >> gt & 1) != 0)
            Mirrors.Statistics[gt].TlbInvalidations = () => Tlb.GetCounters(gt).Invalidations;
    }

    private void CloseFiles()
    {
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        foreach (XeFile file in _files.Items)
            file.Dispose();
        Faults.Abandon();
        // Pumps have run, or may still run, what closing has made ready.
        _ending.TrySignal(1);
    }

    private void FreeMemory()
    {
        // Other threads may be making a VM, which finds its file closed and ends it, or be about to end one.
        for (var spin = default(SpinWait); Volatile.Read(ref _vmsThere) != 0;)
            spin.SpinOnce();
        Memory.Dispose();
        Accesses.Gate.AwaitAll();
        Mirrors.Dispose();
        // The roots are gone, so whoever pins from now on finds no table; whoever pinned before is seen here or calls when it leaves, and
        // so does a TLB that owes an acknowledgement.
        Closed.End(FreeTables);
        Epochs.TellEnd(FreeTables);
    }

    /// <summary>The last one that may be in table memory frees it: the disposing thread, or the reader or TLB that leaves last.</summary>
    private void FreeTables()
    {
        if (!Epochs.HasReaders && !Closed.IsOwed && Interlocked.Exchange(ref _tablesFreed, 1) == 0)
            Memory.DisposeTables();
    }

    private static void Check(PlatformInfo platform, XeDeviceOptions options)
    {
        if (options.PageTableWindow is { } window && (window % XeLimits.PageSize != 0 || window == 0 || window >> platform.DmaBits != 0))
            throw new ArgumentException($"no page-table window can begin at 0x{window:x}", nameof(options));
        if (options.CpuVisibleVramBytes is { } visible
            && (visible % XeLimits.PageSize != 0 || visible == 0 || visible > platform.VramBytesPerTile))
            throw new ArgumentException($"0x{visible:x} bytes are no part of the VRAM of a tile", nameof(options));
        if (!Enum.IsDefined(options.Profile) || !Enum.IsDefined(options.Drive))
            throw new ArgumentException($"no such profile or drive: {options.Profile}, {options.Drive}", nameof(options));
        if (!BitOperations.IsPow2(options.SvmNotifierBytes) || options.SvmNotifierBytes < XeLimits.PageSize)
            throw new ArgumentException($"a notifier cannot watch 0x{options.SvmNotifierBytes:x} bytes", nameof(options));
        if (options.JobSink is null)
            throw new ArgumentException("jobs need a sink", nameof(options));
    }

    internal VmHost NewVmHost(TlbVm vm, IUserMemory memory) => new(
        new TlbFlush(Tlb, Platform, vm) { Failures = Failures }, Scheduler, _boFences, Residency, memory, Closed, Mirrors.Statistics, Log);

    internal QueueHost NewQueueHost(IUserMemory memory) =>
        new(Options.JobSink, Scheduler, Epochs, memory, Options.GpuStore, UserFenceWakeups);

    private void Log(FenceEvent fenceEvent)
    {
        if (Watch.IsTraced)
            Trace(fenceEvent);
        try
        {
            FenceLog?.Invoke(fenceEvent);
        }
        catch (Exception thrown)
        {
            Watch.Fail(thrown);
            ThreadJobs.Own.Note(thrown);
        }
    }

    internal bool IsDisposed => Volatile.Read(ref _disposals) != 0;

    /// <summary>A VM is about to be made; false when the device is being disposed. <see cref="VmIsGone"/> must follow when nothing of it is
    /// left.</summary>
    internal bool TryBeginVm()
    {
        Interlocked.Increment(ref _vmsThere);
        if (!IsDisposed)
            return true;
        VmIsGone();
        return false;
    }

    /// <summary>A VM has given all its tables back, or none was made.</summary>
    internal void VmIsGone() => Interlocked.Decrement(ref _vmsThere);

    internal void Forget(XeFile file) => _files.Remove(file);
}
