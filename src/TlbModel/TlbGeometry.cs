using System.Numerics;

namespace XePt;

/// <summary>How a full set of a TLB model chooses the entry that must go.</summary>
public enum TlbReplacement : byte
{
    /// <summary>The one used longest ago.</summary>
    Lru,

    /// <summary>Tree pseudo-LRU: one bit per pair of halves points to the half used longer ago. Ways must be a power of two up to
    /// 32.</summary>
    TreePseudoLru,
}

/// <summary>Shape of one array of a TLB model.</summary>
/// <param name="Sets">Sets, a power of two.</param>
/// <param name="Ways">Entries per set, at least 1.</param>
public readonly record struct TlbGeometry(int Sets, int Ways)
{
    internal void Check(TlbReplacement replacement)
    {
        if (Sets < 1 || !BitOperations.IsPow2(Sets))
            throw new ArgumentOutOfRangeException(nameof(Sets), Sets, "sets must be a power of two");
        if (Ways < 1 || (long)Sets * Ways > 1 << 24)
            throw new ArgumentOutOfRangeException(nameof(Ways), Ways, "ways must be at least 1, and an array has at most 2^24 entries");
        if (replacement == TlbReplacement.TreePseudoLru && (Ways > 32 || !BitOperations.IsPow2(Ways)))
            throw new ArgumentOutOfRangeException(nameof(Ways), Ways, "tree pseudo-LRU needs a power of two of at most 32 ways");
    }
}

/// <summary>Shape of a <see cref="ReferenceTlb"/>. The defaults are of no particular product.</summary>
public sealed record ReferenceTlbOptions
{
    /// <summary>Entries of 4 KiB pages.</summary>
    public TlbGeometry Pages4K { get; init; } = new(64, 8);

    /// <summary>Entries of 64 KiB pages.</summary>
    public TlbGeometry Pages64K { get; init; } = new(32, 8);

    /// <summary>Entries of 2 MiB pages.</summary>
    public TlbGeometry Pages2M { get; init; } = new(16, 8);

    /// <summary>Entries of 1 GiB pages.</summary>
    public TlbGeometry Pages1G { get; init; } = new(4, 4);

    /// <summary>Directory entries of each level that the page-walk cache holds; null for none.</summary>
    public TlbGeometry? WalkCache { get; init; } = new(16, 4);

    /// <summary>How victims are chosen.</summary>
    public TlbReplacement Replacement { get; init; } = TlbReplacement.Lru;
}
