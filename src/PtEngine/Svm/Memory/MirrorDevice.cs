using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Memory;
using XePt.Pipeline;

namespace XePt.Svm;

/// <summary>What the mirrors of all VMs of a device share: the memory of its tiles as pages, who copies, and what is counted.</summary>
/// <remarks>Concurrency: any thread. Migrations into device memory are many at a time, or one alone (<see
/// cref="MigrationGate"/>).</remarks>
internal sealed class MirrorDevice : IDisposable
{
    private readonly DeviceBytes?[] _bytes;
    private readonly Stack<CpuMigration> _migrations = [];
    private SpinGate _gate;

    /// <param name="platform">The platform.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="residency">Finds room in it.</param>
    /// <param name="clock">What time limits are measured by.</param>
    /// <param name="copies">Moves bytes.</param>
    /// <param name="interconnect">Devices whose memory it reaches, or null.</param>
    /// <param name="failures">Makes chosen places fail.</param>
    public MirrorDevice(
        PlatformInfo platform, DeviceMemory memory, Residency residency, XeClock clock, ICopyEngine copies, XeInterconnect? interconnect,
        FailureInjector failures)
    {
        (Platform, Residency, Clock, Copies, Failures) = (platform, residency, clock, copies, failures);
        Interconnect = interconnect ?? new XeInterconnect();
        _bytes = [.. memory.Regions.Select(region => region.IsVram ? new DeviceBytes(region.AddressBias, region.TotalBytes) : null)];
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

    /// <summary>Who may migrate at the same time (SVM-078).</summary>
    public MigrationGate Migrating { get; } = new();

    /// <summary>How long a migration that an atomic access needs keeps the CPU out, in ns (CFG-004).</summary>
    public long AtomicTimeslice { get; set; } = 5_000_000;

    /// <summary>Bytes of a region of device memory.</summary>
    public DeviceBytes BytesOf(int region) => _bytes[region]!;

    /// <summary>The statistics of a tile's primary GT.</summary>
    public GtStatistics StatisticsOf(int tile) => Statistics[tile * Platform.GtSlotsPerTile];

    /// <summary>A migration object of nobody; <see cref="Return"/> gives it back.</summary>
    public CpuMigration RentMigration()
    {
        _gate.Enter();
        _ = _migrations.TryPop(out CpuMigration? migration);
        _gate.Exit();
        return migration ?? new CpuMigration();
    }

    public void Return(CpuMigration migration)
    {
        _gate.Enter();
        _migrations.Push(migration);
        _gate.Exit();
    }

    public void Dispose()
    {
        foreach (Pagemap map in Pagemaps)
            Interconnect.Leave(map);
        foreach (DeviceBytes? bytes in _bytes)
            bytes?.Dispose();
    }
}
