using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Queues;

namespace XePt.Svm;

/// <summary>What the mirrors of all VMs of a device share: the memory of its tiles as pages, who copies, and what is counted.</summary>
/// <remarks>Concurrency: any thread. Migrations into device memory are many at a time, or one alone (<see
/// cref="MigrationGate"/>).</remarks>
internal sealed class MirrorDevice : IDisposable
{
    private readonly IDeviceBytes[] _bytes;
    private readonly Stack<CpuMigration> _migrations = [];
    private readonly Stack<PendingMove> _moves = [];
    private SpinGate _gate;

    /// <param name="platform">The platform.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="residency">Finds room in it.</param>
    /// <param name="clock">What time limits are measured by.</param>
    /// <param name="copies">Moves bytes.</param>
    /// <param name="store">Keeps the contents of its memory in the device's place, or null.</param>
    /// <param name="interconnect">Devices whose memory it reaches, or null.</param>
    /// <param name="failures">Makes chosen places fail.</param>
    public MirrorDevice(
        PlatformInfo platform, DeviceMemory memory, Residency residency, XeClock clock, ICopyEngine copies, IGpuStore? store,
        XeInterconnect? interconnect, FailureInjector failures)
    {
        (Platform, Residency, Clock, Copies, Failures) = (platform, residency, clock, copies, failures);
        Interconnect = interconnect ?? new XeInterconnect();
        (SystemStart, SystemSize) = (memory.Regions[0].FirstAddress, memory.Regions[0].TotalBytes);
        StoredSystem = store is null ? null : new StoreBytes(store, platform.FormatId, isDevice: false);
        _bytes = [.. memory.Regions.Select(region => MakeBytes(region, store))];
        int gts = platform.TileCount * platform.GtSlotsPerTile;
        Statistics = [.. Enumerable.Range(0, gts).Select(_ => new GtStatistics())];
        Pagemaps = [.. memory.Regions.Where(region => region.IsVram)
            .Select(region => Interconnect.Join(number => new Pagemap(this, number, region.Instance - 1, region)))];
    }

    public PlatformInfo Platform { get; }

    public Residency Residency { get; }

    public XeClock Clock { get; }

    public ICopyEngine Copies { get; }

    public FailureInjector Failures { get; }

    /// <summary>Devices whose memory it reaches: their pages are taken as they are (SVM-016).</summary>
    public XeInterconnect Interconnect { get; }

    /// <summary>Whose device pages are taken as they are.</summary>
    public object Owner => Interconnect;

    /// <summary>The memory of each tile; empty on an integrated device.</summary>
    public Pagemap[] Pagemaps { get; }

    /// <summary>What each GT counts, by GT id.</summary>
    public GtStatistics[] Statistics { get; }

    /// <summary>Lanes for somebody who counts alone, by GT id.</summary>
    public GtStatistics.Lane[] AddLanes() => [.. Statistics.Select(statistics => statistics.AddLane())];

    /// <summary>Who may migrate at the same time (SVM-078).</summary>
    public MigrationGate Migrating { get; } = new();

    /// <summary>How long a migration that an atomic access needs keeps the CPU out, in ns (CFG-004).</summary>
    public long AtomicTimeslice { get; } = 5_000_000;

    /// <summary>First address of the system memory that BOs live in.</summary>
    public ulong SystemStart { get; }

    /// <summary>Bytes of it.</summary>
    public ulong SystemSize { get; }

    /// <summary>System memory that is nobody's pages, where the embedder keeps it; else null.</summary>
    public IFrameMemory? StoredSystem { get; }

    /// <summary>Nothing was ever written to its memory.</summary>
    public bool IsBlank => Array.TrueForAll(_bytes, bytes => bytes.IsBlank);

    /// <summary>What keeps the contents of an address that a BO of a region has; null when nobody does.</summary>
    public IFrameMemory? ContentsAt(int region, ulong address) =>
        region != 0 || address - SystemStart < SystemSize ? _bytes[region] : StoredSystem;

    /// <summary>Contents of a region's memory: what BOs there and migrated pages hold.</summary>
    public IDeviceBytes BytesOf(int region) => _bytes[region];

    /// <summary>Bytes that the contents of device memory cost the host.</summary>
    public long HeldBytes => _bytes.Sum(bytes => bytes is DeviceBytes own ? own.HeldBytes : 0);

    /// <summary>The statistics of a tile's primary GT.</summary>
    public GtStatistics StatisticsOf(int tile) => Statistics[tile * Platform.GtSlotsPerTile];

    /// <summary>A migration object of nobody; <see cref="Return(CpuMigration)"/> gives it back.</summary>
    public CpuMigration RentMigration()
    {
        _gate.Enter();
        _ = _migrations.TryPop(out CpuMigration? migration);
        _gate.Exit();
        return migration ?? new CpuMigration();
    }

    /// <summary>Faults are put off until their copies are over, and hold no thread.</summary>
    public bool PutsCopiesOff { get; init; }

    /// <summary>An object for a migration whose copies may be put off; <see cref="Return(PendingMove)"/> gives it back.</summary>
    public PendingMove RentMove()
    {
        _gate.Enter();
        _ = _moves.TryPop(out PendingMove? move);
        _gate.Exit();
        move ??= new PendingMove(this);
        move.Copies.Clear();
        return move;
    }

    public void Return(PendingMove move)
    {
        _gate.Enter();
        _moves.Push(move);
        _gate.Exit();
    }

    /// <summary>For the next one, unless the process has failed to let go of what it has collected.</summary>
    public void Return(CpuMigration migration)
    {
        if (migration.HostNumber != 0)
            return;
        _gate.Enter();
        _migrations.Push(migration);
        _gate.Exit();
    }

    public void Dispose()
    {
        foreach (Pagemap map in Pagemaps)
            Interconnect.Leave(map);
        foreach (IDeviceBytes bytes in _bytes)
            (bytes as IDisposable)?.Dispose();
    }

    private IDeviceBytes MakeBytes(MemoryRegion region, IGpuStore? store) => store is not null
        ? new StoreBytes(store, Platform.FormatId, region.IsVram) : new DeviceBytes(region.FirstAddress, region.TotalBytes);
}
