using System.Collections.Concurrent;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>A device behind its handle.</summary>
internal sealed class NativeDevice : NativeObject, IDisposable
{
    // Of devices whose buffer objects are files: so they import each other's.
    private static readonly XeDescriptors Shared = new();

    private readonly ConcurrentDictionary<XeFile, NativeClient> _clients = [];
    private CancellationTokenSource _pumping = new();
    private long _opened;
    private long _gtResets;

    /// <exception cref="XeptException">A choice that means nothing.</exception>
    /// <exception cref="ArgumentException">A choice that no device can have.</exception>
    public NativeDevice(PlatformInfo platform, in DeviceOptions options)
    {
        bool hasBoFiles = ((DeviceFlags)options.Flags & DeviceFlags.BoFiles) != 0;
        Store = hasBoFiles ? new BoFileStore() : new RegionStore();
        Names = new BoNames(this);
        Vram = AccountOf(options);
        Device = new XeDevice(Sized(platform, options), Choices(options));
        Recording = new NativeRecorder(Device.Recorder);
        Store.Attach(Device.Memory.Regions, isShared: !hasBoFiles);
        if (((DeviceFlags)options.Flags & DeviceFlags.Checks) != 0)
            Checks = new DeviceChecks(this, options);
        Handles.Add(this);
    }

    /// <summary>The device.</summary>
    public XeDevice Device { get; }

    /// <summary>Its recorder.</summary>
    public NativeRecorder Recording { get; }

    /// <summary>The contents of its memory.</summary>
    public RegionStore Store { get; }

    /// <summary>The account of its VRAM; null where no other process has the device.</summary>
    public SharedVram? Vram { get; }

    /// <summary>The names that its buffer objects have.</summary>
    public BoNames Names { get; }

    /// <summary>Its clients.</summary>
    public ICollection<NativeClient> Clients => _clients.Values;

    /// <summary>Runs the batches of its jobs; null where the program does, or nobody.</summary>
    public CommandStreamer? Streamer { get; private set; }

    /// <summary>Looks whether the device does what it must; null where nobody has asked for it.</summary>
    public DeviceChecks? Checks { get; }

    /// <summary>Copies pages that migrate.</summary>
    public LiveCopies Copies { get; } = new();

    /// <summary>The VMs of all clients.</summary>
    public IEnumerable<XeVm> Vms => _clients.Keys.SelectMany(file => file.Vms);

    /// <summary>Cancelled when pumps are interrupted.</summary>
    public CancellationToken Pumping => Volatile.Read(ref _pumping).Token;

    /// <summary>Opens the device.</summary>
    public NativeClient Open(in ClientOptions options)
    {
        var client = new NativeClient(this, options);
        _clients[client.File] = client;
        return client;
    }

    /// <summary>The number of a new client.</summary>
    public long NextClientNumber() => Interlocked.Increment(ref _opened);

    /// <summary>The client that a file is.</summary>
    /// <returns>Null when it was closed.</returns>
    public NativeClient? Find(XeFile file) => _clients.GetValueOrDefault(file);

    /// <summary>The buffer object whose contents a file is.</summary>
    /// <returns>Null when no client has it.</returns>
    public XeBo? FindBo(FileIdentity file) =>
        _clients.Values.SelectMany(client => client.File.Bos).FirstOrDefault(bo => (bo.Contents as BoFile)?.File?.Identity == file);

    /// <summary>A client is closed.</summary>
    public void Forget(NativeClient client) => _clients.TryRemove(client.File, out _);

    /// <summary>What the device has done so far.</summary>
    public DeviceTotals Totals()
    {
        XeVm[] vms = [.. Vms];
        MoveCounters moves = Device.MoveCounters;
        StreamerCounters jobs = Streamer?.Counters ?? default;
        var totals = new DeviceTotals
        {
            Vms = (uint)vms.Length,
            TablesInUse = (ulong)Device.TablesInUse,
            TablesMade = (ulong)(Device.TablesOfEnded + vms.Sum(vm => vm.Context.Counters.TablesMade)),
            Faults = (ulong)jobs.Faults,
            Migrations = (ulong)Copies.Copies,
            MigratedBytes = (ulong)Copies.Pages * XeLimits.PageSize,
            Moves = (ulong)moves.Moves,
            Evictions = (ulong)moves.Evictions,
            JobsCompleted = (ulong)jobs.JobsCompleted,
            JobsFailed = (ulong)jobs.JobsFailed,
            GtResets = (ulong)Interlocked.Read(ref _gtResets),
            TablesCompared = (ulong)(Checks?.Compared ?? 0),
            AccessesChecked = (ulong)(Checks?.Accesses ?? 0),
            Violations = (ulong)(Checks?.Violations ?? 0),
        };
        foreach (int gt in Device.Platform.Gts)
            totals.Flushes += (ulong)Device.Tlb.GetCounters(gt).Invalidations;
        return totals;
    }

    /// <summary>Resets a GT.</summary>
    public int ResetGt(int gt)
    {
        int queues = Device.ResetGt(gt);
        Interlocked.Increment(ref _gtResets);
        return queues;
    }

    /// <summary>Drives out what other processes ask for.</summary>
    public void MakeRoom()
    {
        if (Vram is { IsAsked: true } && Device.MakeRoom() > 0)
            Checks?.Look("room for another process");
    }

    /// <summary>Every pump that waits returns.</summary>
    public void InterruptPumps() => Interlocked.Exchange(ref _pumping, new CancellationTokenSource()).Cancel();

    /// <summary>Ends the device and the handles of its clients.</summary>
    public void Dispose()
    {
        foreach (NativeClient client in _clients.Values)
            Handles.TryRemove(client);
        LiveProcess.Instance.Forget(Store);
        Device.Dispose();
        Recording.Dispose();
        Store.Dispose();
        _clients.Clear();
        _pumping.Dispose();
    }

    private static PlatformInfo Sized(PlatformInfo platform, in DeviceOptions options) => platform with
    {
        SystemMemoryBytes = options.SystemBytes != 0 ? options.SystemBytes : platform.SystemMemoryBytes,
        VramBytesPerTile = options.VramBytes != 0 && platform.IsDiscrete ? options.VramBytes : platform.VramBytesPerTile,
    };

    private unsafe XeDeviceOptions Choices(DeviceOptions options)
    {
        var flags = (DeviceFlags)options.Flags;
        if ((flags & ~AllFlags) != 0)
            throw new XeptException(Errno.EINVAL, $"flags 0x{options.Flags:x} mean nothing to this version of the library");
        return new XeDeviceOptions
        {
            Profile = (XeProfile)options.Profile,
            Drive = (DriveMode)options.Drive,
            SingleThreaded = (flags & DeviceFlags.SingleThreaded) != 0,
            DebugBuild = (flags & DeviceFlags.DebugBuild) != 0,
            SvmPresent = (flags & DeviceFlags.NoSvm) == 0,
            UserptrPresent = (flags & DeviceFlags.NoUserptr) == 0,
            Clock = (flags & DeviceFlags.SystemClock) != 0 ? new SystemClock() : null,
            CpuVisibleVramBytes = options.VisibleVramBytes != 0 ? options.VisibleVramBytes : null,
            PageTableWindow = options.PageTableWindow != 0 ? options.PageTableWindow : null,
            JobSink = SinkOf(flags, options),
            GpuFaultSink = options.FaultReply != null ? new FaultSink(options) : null,
            GpuStore = Store,
            VramAccount = Vram,
            Descriptors = (flags & DeviceFlags.BoFiles) != 0 ? Shared : null,
            CopyEngine = Copies,
        };
    }

    private static unsafe SharedVram? AccountOf(in DeviceOptions options)
    {
        if (options.VramAccount == null)
            return null;
        if (options.VramAccountBytes < SharedVram.LeastBytes || (nint)options.VramAccount % VramSlot.Bytes != 0)
            throw new XeptException(Errno.EINVAL, "the account of VRAM has at least 4096 bytes, and is aligned to 64");
        return new SharedVram(options.VramAccount, options.VramAccountBytes, static () => ProcessIdentity.Own);
    }

    private unsafe IJobSink SinkOf(DeviceFlags flags, in DeviceOptions options)
    {
        if ((flags & DeviceFlags.RunsBatches) == 0)
            return options.Submit != null ? JobSink.Of(this, options) : InstantJobSink.Instance;
        if (options.Submit != null)
            throw new XeptException(Errno.EINVAL, "either the library runs batches, or submit does");
        return Streamer = new CommandStreamer(new CommandStreamerOptions
        {
            RunsByItself = false,
            Failed = options.BatchFailed != null ? new BatchFailures(options).Tell : null,
        });
    }

    private const DeviceFlags AllFlags = DeviceFlags.SystemClock | DeviceFlags.SingleThreaded | DeviceFlags.DebugBuild | DeviceFlags.NoSvm
        | DeviceFlags.NoUserptr | DeviceFlags.RunsBatches | DeviceFlags.BoFiles | DeviceFlags.Checks;
}
