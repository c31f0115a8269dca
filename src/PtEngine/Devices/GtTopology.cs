namespace XePt.Devices;

/// <summary>Which parts of a main GT are there and not fused off, as DEVICE_QUERY GT_TOPOLOGY reports them. A media GT has none of these
/// parts but L3 banks.</summary>
public sealed record GtTopology
{
    /// <summary>Bytes of a mask of sub-slices in an answer.</summary>
    internal const int DssMaskBytes = 16;

    /// <summary>Bytes of a mask of execution units or of L3 banks in an answer.</summary>
    internal const int SmallMaskBytes = 8;

    /// <summary>Sub-slices that do geometry; a GT without a render engine has none.</summary>
    public UInt128 GeometryDss { get; init; }

    /// <summary>Sub-slices that do compute. Before 12.55 nobody says which do, and the mask is empty.</summary>
    public UInt128 ComputeDss { get; init; }

    /// <summary>Execution units of each sub-slice.</summary>
    public ulong EuPerDss { get; init; }

    /// <summary>Whether an execution unit has 16 lanes; else it has 8.</summary>
    public bool HasSimd16Eus { get; init; }

    /// <summary>L3 banks.</summary>
    public ulong L3Banks { get; init; }

    /// <summary>The masks, hexadecimal.</summary>
    public override string ToString() =>
        $"geometry 0x{GeometryDss:x}, compute 0x{ComputeDss:x}, EUs 0x{EuPerDss:x}{(HasSimd16Eus ? " of 16 lanes" : "")}, L3 0x{L3Banks:x}";

    /// <summary>Sub-slices 0 to <paramref name="count"/> - 1 that do geometry only, with 16 execution units of 8 lanes each.</summary>
    internal static GtTopology XeLp(int count, int l3Banks) =>
        new() { GeometryDss = Ones(count), EuPerDss = 0xffff, L3Banks = (ulong)Ones(l3Banks) };

    /// <summary>Sub-slices that do both, with 16 execution units of 8 lanes each.</summary>
    internal static GtTopology XeHpg(int count, int l3Banks) => XeLp(count, l3Banks) with { ComputeDss = Ones(count) };

    /// <summary>Sub-slices that do both, with 8 execution units of 16 lanes each.</summary>
    internal static GtTopology Xe2(int count, int l3Banks) => XeHpg(count, l3Banks) with { EuPerDss = 0xff, HasSimd16Eus = true };

    /// <summary>As <see cref="Xe2"/>, for compute only.</summary>
    internal static GtTopology XeHpc(UInt128 dss, int l3Banks) => Xe2(0, l3Banks) with { ComputeDss = dss };

    internal static UInt128 Ones(int count) => (UInt128.One << count) - 1;
}
