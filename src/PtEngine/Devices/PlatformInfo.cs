using System.Collections.Immutable;
using System.Numerics;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Devices;

/// <summary>What the engine knows about a platform (PT-012). <see cref="XePlatforms"/> has the presets; derive variants with
/// <c>with</c>.</summary>
public sealed record PlatformInfo
{
    /// <summary>Short name, as the command line takes it: <c>tgl</c>, <c>dg2</c>, <c>lnl</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name people know: <c>Lunar Lake</c>.</summary>
    public required string MarketingName { get; init; }

    /// <summary>For example <c>lnl (Lunar Lake)</c>.</summary>
    public override string ToString() => $"{Name} ({MarketingName})";

    /// <summary>PCI device id that the CONFIG query reports.</summary>
    public required ushort DeviceId { get; init; }

    /// <summary>PCI revision that the CONFIG query reports.</summary>
    public byte Revision { get; init; }

    /// <summary>Graphics IP version times 100: 1200 for 12.00, 2004 for 20.04.</summary>
    public required int GraphicsVerx100 { get; init; }

    /// <summary>Media IP version times 100 of the media GT; 0 without one.</summary>
    public int MediaVerx100 { get; init; }

    /// <summary>Frequency of the clock that GT timestamps count, in Hz, as the GT list reports it.</summary>
    public uint ReferenceClockHz { get; init; } = 19_200_000;

    /// <summary>Whether the device has its own memory.</summary>
    public bool IsDiscrete { get; init; }

    /// <summary>Bits of a GPU virtual address: 47, 48 or 57.</summary>
    public required int VaBits { get; init; }

    /// <summary>Level of the root table: 3 (four levels) or 4 (five levels) (PT-005).</summary>
    public required int RootLevel { get; init; }

    /// <summary>Whether VRAM can only be mapped in aligned 64 KiB units (NEED64K, PT-013).</summary>
    public bool VramNeeds64K { get; init; }

    /// <summary>Whether page tables are CPU-cached, which selects the PAT index of directory entries (PT-027, PT-056).</summary>
    public bool CachedPageTables { get; init; }

    /// <summary>Whether leaf entries have the atomic-enable bit (PT-034).</summary>
    public bool HasAtomicEnableBit { get; init; }

    /// <summary>Whether device atomics work on system memory (PT-036).</summary>
    public bool DeviceAtomicsOnSystemMemory { get; init; } = true;

    /// <summary>Whether the device has recoverable page faults, so that a VM may be in fault mode (PT-014).</summary>
    public bool HasFaultMode { get; init; }

    /// <summary>Whether a fault-mode VM may have scratch pages (PT-014).</summary>
    public bool AllowsScratchWithFaults { get; init; }

    /// <summary>Whether every VM gets scratch pages, asked for or not (PT-014).</summary>
    public bool ForcesScratch { get; init; }

    /// <summary>Whether VMs have an address-space id.</summary>
    public bool HasAsid { get; init; }

    /// <summary>Whether the TLB can be invalidated by range; if not, every invalidation is a full one.</summary>
    public bool HasRangeTlbInvalidation { get; init; } = true;

    /// <summary>Whether invalidations of unbinds name the pages whose lines must leave the caches of physical memory (specification 03
    /// section 17). No platform of the driver has it switched on.</summary>
    public bool HasPageReclaim { get; init; }

    /// <summary>Number of tiles, 1 or 2 (PT-011).</summary>
    public int TileCount { get; init; } = 1;

    /// <summary>GT ids reserved for each tile, 1 or 2.</summary>
    public int GtSlotsPerTile { get; init; } = 1;

    /// <summary>Whether each tile has a media GT beside the main one.</summary>
    public bool HasMediaGt { get; init; }

    /// <summary>Engines of each tile's main GT that clients may use.</summary>
    public required EngineSet MainEngines { get; init; }

    /// <summary>Engines of each tile's media GT that clients may use.</summary>
    public EngineSet MediaEngines { get; init; } = new();

    /// <summary>What is there of each tile's main GT.</summary>
    public required GtTopology Topology { get; init; }

    /// <summary>L3 banks of a media GT. From media 30.00 on nobody knows, and none are reported.</summary>
    public ulong MediaL3Banks { get; init; }

    /// <summary>Version of the interface by which the GuC takes work.</summary>
    public FirmwareVersion GucSubmission { get; init; } = new(1, 26, 0);

    /// <summary>Version of the HuC, or null where the driver runs none.</summary>
    public FirmwareVersion? Huc { get; init; }

    /// <summary>Classes of engines that take several queues at once, in multi-queue groups.</summary>
    public ImmutableArray<EngineClass> MultiQueueClasses { get; init; } = [];

    /// <summary>Whether compression metadata is at a fixed place in memory (flat CCS).</summary>
    public bool HasFlatCcs { get; init; }

    /// <summary>Bits of a DMA address.</summary>
    public required int DmaBits { get; init; }

    /// <summary>Bytes of system memory that a device gets unless its owner says otherwise.</summary>
    public ulong SystemMemoryBytes { get; init; } = 16UL << 30;

    /// <summary>Bytes of VRAM per tile that a device gets unless its owner says otherwise; 0 on integrated devices.</summary>
    public ulong VramBytesPerTile { get; init; }

    /// <summary>Device address of the first VRAM byte of each tile (PT-030); one element per tile, also on integrated devices.</summary>
    public ImmutableArray<ulong> VramDpaBase { get; init; } = [0];

    /// <summary>The PAT table with its default indices.</summary>
    public required PatTable Pat { get; init; }

    /// <summary>The format of page-table entries.</summary>
    public required PteFormatId FormatId { get; init; }

    /// <summary>Size of a VM in bytes: valid addresses are <c>[0, VmSize)</c> (PT-006, BIND-002).</summary>
    public ulong VmSize => 1UL << VaBits;

    /// <summary>Number of table levels of a VM, 4 or 5 (PT-005).</summary>
    public int LevelCount => RootLevel + 1;

    /// <summary>Memory regions: bit 0 is system memory, bit 1 + n is the VRAM of tile n (UAPI-013).</summary>
    public uint MemoryRegionMask => IsDiscrete ? (1u << (TileCount + 1)) - 1 : 1u;

    /// <summary>Bit g is set when GT g exists: the main one of each tile, and its media GT.</summary>
    public uint GtMask
    {
        get
        {
            uint mask = 0;
            for (int tile = 0; tile < TileCount; tile++)
                mask |= (HasMediaGt ? 3u : 1u) << (tile * GtSlotsPerTile);
            return mask;
        }
    }

    /// <summary>Ids of the GTs that there are.</summary>
    public IEnumerable<int> Gts => Enumerable.Range(0, 32).Where(gt => ((GtMask >> gt) & 1) != 0);

    /// <summary>All engines that clients may use, GT by GT.</summary>
    public IEnumerable<DrmXeEngineClassInstance> Engines =>
        Enumerable.Range(0, TileCount * GtSlotsPerTile).SelectMany(gt => EnginesOf(gt)?.On(gt) ?? []);

    /// <summary>PAT index of directory entries that point to a table where the driver puts it (PT-027, PT-028).</summary>
    public uint PdePat => PdePatFor(inSystemMemory: !IsDiscrete, CachedPageTables ? CpuCaching.WriteBack : CpuCaching.WriteCombined);

    /// <summary>Execution units of all GTs that are not fused off.</summary>
    internal int ExecutionUnits => TileCount * BitOperations.PopCount(Topology.EuPerDss)
        * (int)UInt128.PopCount(Topology.GeometryDss | Topology.ComputeDss);

    /// <summary>Whether a bind may build compact 64 KiB tables (PT-077).</summary>
    public bool HasCompactTables => GraphicsVerx100 >= 1250;

    /// <summary>Whether GTs can be asked for their IP version; the GT list reports no version for others.</summary>
    internal bool HasIpVersionRegister => GraphicsVerx100 >= 1270;

    /// <summary>Bits of the counter that an engine's timestamps are read from.</summary>
    internal int TimestampBits => GraphicsVerx100 >= 2000 ? 64 : 36;

    /// <summary>Whether a media GT says which L3 banks it has.</summary>
    internal bool ReportsMediaL3 => MediaVerx100 < 3000;

    /// <summary>Whether a BO may refuse compression (BIND-027).</summary>
    public bool HasNoCompressionHint => GraphicsVerx100 >= 2000;

    /// <summary>PAT index of a directory entry, from where its child table is (PT-027).</summary>
    /// <param name="inSystemMemory">The table is in system memory, not in VRAM.</param>
    /// <param name="caching">How its memory was asked to be mapped for the CPU; a discrete device maps system memory cached whatever was
    /// asked for.</param>
    internal uint PdePatFor(bool inSystemMemory, CpuCaching caching) =>
        inSystemMemory && (IsDiscrete || caching == CpuCaching.WriteBack) ? Pat.IndexWriteBack : Pat.IndexNone;

    /// <summary>The engines of a GT, or null when there is no such GT.</summary>
    public EngineSet? EnginesOf(int gt) =>
        (uint)gt >= 32 || ((GtMask >> gt) & 1) == 0 ? null : IsMediaGt(gt) ? MediaEngines : MainEngines;

    /// <summary>Whether a GT is the media GT of its tile.</summary>
    public bool IsMediaGt(int gt) => gt % GtSlotsPerTile != 0;
}
