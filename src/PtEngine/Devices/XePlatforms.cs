using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Devices;

/// <summary>
/// The platform presets (PT-012; 02 section 2). The IP versions of WCL and NVL-S are read from hardware on real devices; the presets
/// use one that the driver accepts for them. Memory sizes and engine counts are those of a common product of the family; where none is sold
/// yet they are those of its predecessor. Topologies are those of the product that the device id names, as far as it
/// has been described. Firmware versions are those of the releases that the driver of Linux 7.0 asks for, as far as they are public;
/// docs/deviations.md says which of all these are the model's own.
/// </summary>
public static class XePlatforms
{
    private const ulong GiB = 1UL << 30;

    /// <summary>Tiger Lake.</summary>
    public static PlatformInfo Tgl { get; } = new()
    {
        Name = "tgl",
        MarketingName = "Tiger Lake",
        DeviceId = 0x9a49,
        GraphicsVerx100 = 1200,
        VaBits = 47,
        RootLevel = 3,
        CachedPageTables = true,
        HasRangeTlbInvalidation = false,
        DmaBits = 39,
        MainEngines = new EngineSet { Render = 1, Copy = 1, VideoDecode = 2, VideoEnhance = 1 },
        Topology = GtTopology.XeLp(6, l3Banks: 8),
        GucSubmission = new FirmwareVersion(1, 24, 4),
        Huc = new FirmwareVersion(7, 9, 3),
        Pat = PatTables.XeLp,
        FormatId = PteFormatId.XeLp,
    };

    /// <summary>Rocket Lake.</summary>
    public static PlatformInfo Rkl { get; } = Tgl with
    {
        Name = "rkl",
        MarketingName = "Rocket Lake",
        DeviceId = 0x4c8a,
        MainEngines = Tgl.MainEngines with { VideoDecode = 1 },
        Topology = GtTopology.XeLp(2, l3Banks: 4),
    };

    /// <summary>Alder Lake S.</summary>
    public static PlatformInfo AdlS { get; } = Tgl with
    {
        Name = "adls",
        MarketingName = "Alder Lake S",
        DeviceId = 0x4680,
        Topology = GtTopology.XeLp(2, l3Banks: 4),
    };

    /// <summary>Alder Lake P.</summary>
    public static PlatformInfo AdlP { get; } = Tgl with { Name = "adlp", MarketingName = "Alder Lake P", DeviceId = 0x46a6 };

    /// <summary>Alder Lake N.</summary>
    public static PlatformInfo AdlN { get; } = Tgl with
    {
        Name = "adln",
        MarketingName = "Alder Lake N",
        DeviceId = 0x46d0,
        Topology = GtTopology.XeLp(2, l3Banks: 4),
        Huc = null,
    };

    /// <summary>DG1.</summary>
    public static PlatformInfo Dg1 { get; } = Tgl with
    {
        Name = "dg1",
        MarketingName = "DG1 (Iris Xe MAX)",
        DeviceId = 0x4905,
        GraphicsVerx100 = 1210,
        IsDiscrete = true,
        VaBits = 48,
        CachedPageTables = false,
        VramBytesPerTile = 4 * GiB,
    };

    /// <summary>DG2, the G11 variant, which does not force scratch pages.</summary>
    public static PlatformInfo Dg2 { get; } = new()
    {
        Name = "dg2",
        MarketingName = "DG2 G11 (Arc A380)",
        DeviceId = 0x56a5,
        GraphicsVerx100 = 1255,
        IsDiscrete = true,
        VaBits = 48,
        RootLevel = 3,
        VramNeeds64K = true,
        HasFlatCcs = true,
        DmaBits = 46,
        VramBytesPerTile = 6 * GiB,
        MainEngines = new EngineSet { Render = 1, Copy = 1, VideoDecode = 2, VideoEnhance = 2, Compute = 1 },
        Topology = GtTopology.XeHpg(8, l3Banks: 8),
        Pat = PatTables.XeLp,
        FormatId = PteFormatId.XeHpg,
    };

    /// <summary>DG2, the G10 variant: every VM has scratch pages (PT-014).</summary>
    public static PlatformInfo Dg2G10 { get; } = Dg2 with
    {
        Name = "dg2-g10",
        MarketingName = "DG2 G10 (Arc A770)",
        DeviceId = 0x56a0,
        ForcesScratch = true,
        Topology = GtTopology.XeHpg(32, l3Banks: 32),
        VramBytesPerTile = 16 * GiB,
    };

    /// <summary>ATS-M, the G11 variant (ATS-M75).</summary>
    public static PlatformInfo AtsM { get; } = Dg2 with { Name = "atsm", MarketingName = "ATS-M75 (Flex 140)", DeviceId = 0x56c1 };

    /// <summary>Ponte Vecchio, one tile.</summary>
    public static PlatformInfo Pvc { get; } = new()
    {
        Name = "pvc",
        MarketingName = "Ponte Vecchio, one tile",
        DeviceId = 0x0bda,
        Revision = 0x2f,
        GraphicsVerx100 = 1260,
        IsDiscrete = true,
        VaBits = 57,
        RootLevel = 4,
        VramNeeds64K = true,
        HasAtomicEnableBit = true,
        DeviceAtomicsOnSystemMemory = false,
        HasFaultMode = true,
        HasAsid = true,
        DmaBits = 52,
        SystemMemoryBytes = 64 * GiB,
        VramBytesPerTile = 48 * GiB,
        VramDpaBase = [128 * GiB],
        MainEngines = new EngineSet { Copy = 8, Compute = 1 },
        Topology = GtTopology.XeHpc(0x7f7f_7f7f_7f7f_7f7f, l3Banks: 64),
        Pat = PatTables.XeHpc,
        FormatId = PteFormatId.XeHpc,
    };

    /// <summary>Ponte Vecchio, two tiles.</summary>
    public static PlatformInfo Pvc2T { get; } = Pvc with
    {
        Name = "pvc-2t",
        MarketingName = "Ponte Vecchio, two tiles",
        DeviceId = 0x0bd5,
        Topology = GtTopology.XeHpc(ulong.MaxValue, l3Banks: 64),
        TileCount = 2,
        VramBytesPerTile = 64 * GiB,
        VramDpaBase = [128 * GiB, 192 * GiB],
    };

    /// <summary>Meteor Lake.</summary>
    public static PlatformInfo Mtl { get; } = new()
    {
        Name = "mtl",
        MarketingName = "Meteor Lake",
        DeviceId = 0x7d55,
        GraphicsVerx100 = 1270,
        MediaVerx100 = 1300,
        VaBits = 48,
        RootLevel = 3,
        GtSlotsPerTile = 2,
        HasMediaGt = true,
        MainEngines = new EngineSet { Render = 1, Copy = 1, Compute = 1 },
        Topology = GtTopology.XeHpg(8, l3Banks: 8),
        MediaL3Banks = 0xf,
        Huc = new FirmwareVersion(8, 5, 4),
        MediaEngines = new EngineSet { VideoDecode = 2, VideoEnhance = 1 },
        DmaBits = 46,
        Pat = PatTables.XeLpg,
        FormatId = PteFormatId.XeLpg,
    };

    /// <summary>Arrow Lake H.</summary>
    public static PlatformInfo Arl { get; } = Mtl with
    {
        Name = "arl",
        MarketingName = "Arrow Lake",
        DeviceId = 0x7d51,
        GraphicsVerx100 = 1274,
    };

    /// <summary>Lunar Lake.</summary>
    public static PlatformInfo Lnl { get; } = new()
    {
        Name = "lnl",
        MarketingName = "Lunar Lake",
        DeviceId = 0x64a0,
        GraphicsVerx100 = 2004,
        MediaVerx100 = 2000,
        VaBits = 48,
        RootLevel = 4,
        HasAtomicEnableBit = true,
        HasFaultMode = true,
        AllowsScratchWithFaults = true,
        HasAsid = true,
        GtSlotsPerTile = 2,
        HasMediaGt = true,
        MainEngines = new EngineSet { Render = 1, Copy = 1, Compute = 1 },
        Topology = GtTopology.Xe2(8, l3Banks: 8),
        MediaL3Banks = 0xf,
        Huc = new FirmwareVersion(9, 4, 13),
        MediaEngines = new EngineSet { VideoDecode = 1, VideoEnhance = 1 },
        HasFlatCcs = true,
        DmaBits = 46,
        SystemMemoryBytes = 32 * GiB,
        Pat = PatTables.Xe2,
        FormatId = PteFormatId.Xe2,
    };

    /// <summary>Battlemage.</summary>
    public static PlatformInfo Bmg { get; } = Lnl with
    {
        Name = "bmg",
        MarketingName = "Battlemage (Arc B580)",
        DeviceId = 0xe20b,
        GraphicsVerx100 = 2001,
        MediaVerx100 = 1301,
        Topology = GtTopology.Xe2(20, l3Banks: 12),
        Huc = new FirmwareVersion(8, 2, 10),
        IsDiscrete = true,
        MediaEngines = new EngineSet { VideoDecode = 2, VideoEnhance = 2 },
        VramBytesPerTile = 12 * GiB,
        Pat = PatTables.Xe2Graphics2001,
    };

    /// <summary>Panther Lake.</summary>
    public static PlatformInfo Ptl { get; } = Lnl with
    {
        Name = "ptl",
        MarketingName = "Panther Lake",
        DeviceId = 0xb080,
        GraphicsVerx100 = 3000,
        MediaVerx100 = 3000,
        Topology = GtTopology.Xe2(12, l3Banks: 16),
        MediaL3Banks = 0,
        Huc = new FirmwareVersion(10, 3, 3),
        Pat = PatTables.Xe3,
    };

    /// <summary>Wildcat Lake.</summary>
    public static PlatformInfo Wcl { get; } = Ptl with
    {
        Name = "wcl",
        MarketingName = "Wildcat Lake",
        DeviceId = 0xfd80,
        GraphicsVerx100 = 3003,
        MediaVerx100 = 3002,
        Topology = GtTopology.Xe2(2, l3Banks: 4),
    };

    /// <summary>Nova Lake S.</summary>
    public static PlatformInfo NvlS { get; } = Ptl with
    {
        Name = "nvls",
        MarketingName = "Nova Lake S",
        DeviceId = 0xd740,
        GraphicsVerx100 = 3004,
        MediaVerx100 = 3500,
        Topology = GtTopology.Xe2(2, l3Banks: 4),
        GucSubmission = new FirmwareVersion(1, 27, 4),
        Huc = null,
        AllowsScratchWithFaults = false,
    };

    /// <summary>Crescent Island.</summary>
    public static PlatformInfo Cri { get; } = Lnl with
    {
        Name = "cri",
        MarketingName = "Crescent Island",
        DeviceId = 0x674c,
        GraphicsVerx100 = 3511,
        MediaVerx100 = 3503,
        Topology = GtTopology.XeHpc(GtTopology.Ones(32), l3Banks: 32),
        MediaL3Banks = 0,
        GucSubmission = new FirmwareVersion(1, 27, 4),
        Huc = null,
        IsDiscrete = true,
        VaBits = 57,
        AllowsScratchWithFaults = false,
        MultiQueueClasses = [EngineClass.Copy, EngineClass.Compute],
        MainEngines = new EngineSet { Copy = 7, Compute = 1 },
        HasFlatCcs = false,
        DmaBits = 52,
        SystemMemoryBytes = 64 * GiB,
        VramBytesPerTile = 160 * GiB,
        Pat = PatTables.Xe3pXpc,
    };

    /// <summary>All presets, oldest first.</summary>
    public static ImmutableArray<PlatformInfo> All { get; } =
        [Tgl, Rkl, AdlS, AdlP, AdlN, Dg1, Dg2, Dg2G10, AtsM, Pvc, Pvc2T, Mtl, Arl, Lnl, Bmg, Ptl, Wcl, NvlS, Cri];

    private static readonly FrozenDictionary<string, PlatformInfo> ByName =
        All.ToFrozenDictionary(platform => platform.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Finds a preset by its short name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="platform">The preset, or null if there is none of that name.</param>
    /// <returns>Whether the preset exists.</returns>
    public static bool TryGet(string name, [NotNullWhen(true)] out PlatformInfo? platform) => ByName.TryGetValue(name, out platform);
}
