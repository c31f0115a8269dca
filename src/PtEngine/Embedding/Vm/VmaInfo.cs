using XePt.Gpuva;
using XePt.Uapi;

namespace XePt;

/// <summary>Kinds of VMAs (specification 02 section 13).</summary>
public enum VmaKind
{
    /// <summary>Backed by a BO.</summary>
    Bo,

    /// <summary>Backed by CPU memory.</summary>
    Userptr,

    /// <summary>Sparse: reads zero, writes vanish.</summary>
    Null,

    /// <summary>CPU address mirror.</summary>
    Mirror,
}

/// <summary>Page sizes a VMA has ever been mapped with (BIND-186). They accumulate.</summary>
[Flags]
public enum PageSizeHints
{
    /// <summary>Never bound.</summary>
    None = 0,

    /// <summary>4 KiB leaves.</summary>
    Size4K = 1,

    /// <summary>64 KiB-hinted 4 KiB entries.</summary>
    Size64K = 2,

    /// <summary>A compact table of 64 KiB entries.</summary>
    Compact64K = 4,

    /// <summary>2 MiB leaves.</summary>
    Size2M = 8,

    /// <summary>1 GiB leaves.</summary>
    Size1G = 16,
}

/// <summary>A VMA as the list shows it.</summary>
public readonly record struct VmaInfo
{
    internal VmaInfo(in Vma v, byte tileMask)
    {
        (Range, Offset, BoNumber) = (new AddressRange(v.Start, v.End), v.Offset, v.Bo);
        Kind = v.HasBo ? VmaKind.Bo : v.IsMirror ? VmaKind.Mirror : v.IsNull ? VmaKind.Null : VmaKind.Userptr;
        IsNull = v.IsNull;
        IsReadOnly = (v.Flags & VmaFlags.ReadOnly) != 0;
        IsDumpable = (v.Flags & VmaFlags.Dumpable) != 0;
        IsAutoreset = (v.Flags & VmaFlags.Autoreset) != 0;
        MayEnableAtomics = (v.Flags & VmaFlags.AtomicPte) != 0;
        PageSizes = HintsOf(v.Flags);
        (PatIndex, DefaultPatIndex, Atomic) = (v.Attributes.Pat, v.Attributes.DefaultPat, v.Attributes.Atomic);
        (PreferredDevice, RegionInstance, MigrationPolicy) = (
            v.Attributes.PreferredDevice, v.Attributes.RegionInstance, v.Attributes.MigrationPolicy);
        (TileMask, TilePresent, TileStaged, TileInvalidated) = (tileMask, v.TilePresent, v.TileStaged, v.TileInvalidated);
    }

    /// <summary>Its addresses.</summary>
    public AddressRange Range { get; }

    /// <summary>Offset inside the BO, or CPU address of a userptr.</summary>
    public ulong Offset { get; }

    /// <summary>Device-wide number of the BO, or 0; see <see cref="XeBo.Number"/>.</summary>
    public int BoNumber { get; }

    /// <summary>Kind.</summary>
    public VmaKind Kind { get; }

    /// <summary>The null flag; a mirror may carry it too.</summary>
    public bool IsNull { get; }

    /// <summary>The GPU may not write.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Contents go into the hang dump.</summary>
    public bool IsDumpable { get; }

    /// <summary>Attributes fall back to defaults when the CPU range is unmapped.</summary>
    public bool IsAutoreset { get; }

    /// <summary>Leaves can carry the atomic-enable bit on this platform.</summary>
    public bool MayEnableAtomics { get; }

    /// <summary>Page sizes it was mapped with.</summary>
    public PageSizeHints PageSizes { get; }

    /// <summary>PAT index entries are written with.</summary>
    public ushort PatIndex { get; }

    /// <summary>PAT index given at bind time.</summary>
    public ushort DefaultPatIndex { get; }

    /// <summary>Atomic attribute.</summary>
    public AtomicAccess Atomic { get; }

    internal int PreferredDevice { get; }

    internal ushort RegionInstance { get; }

    internal byte MigrationPolicy { get; }

    /// <summary>Tiles it is for (BIND-233).</summary>
    public byte TileMask { get; }

    /// <summary>Tiles it is bound on (BIND-235).</summary>
    public byte TilePresent { get; }

    /// <summary>Tiles with a prepared bind (BIND-234).</summary>
    public byte TileStaged { get; }

    /// <summary>Tiles it was zapped on (BIND-236).</summary>
    public byte TileInvalidated { get; }

    /// <summary>It is a userptr whose CPU pages have changed since they were pinned (UPTR-007).</summary>
    public bool IsStale { get; internal init; }

    /// <summary>For example <c>[0x200000, 0x400000) bo 1+0x1000 pat 2 read-only, 4K|2M pages on tiles 0x1</c>.</summary>
    public override string ToString()
    {
        string memory = Kind switch
        {
            VmaKind.Bo => $"bo {BoNumber}+0x{Offset:x}",
            VmaKind.Userptr => $"userptr 0x{Offset:x}",
            VmaKind.Null => "null",
            _ => "mirror",
        };
        string marks = (IsReadOnly ? " read-only" : "") + (IsDumpable ? " dumpable" : "") + (IsStale ? " stale" : "");
        string bound = TilePresent == 0 ? "not bound" : $"{TextOf(PageSizes)} pages on tiles 0x{TilePresent:x}";
        return $"{Range} {memory} pat {PatIndex}{marks}, {bound}";
    }

    private static string TextOf(PageSizeHints sizes) =>
        sizes.ToString().Replace("Size", "").Replace("Compact64K", "compact 64K").Replace(", ", "|");

    private static PageSizeHints HintsOf(VmaFlags flags) =>
        ((flags & VmaFlags.Pte4K) != 0 ? PageSizeHints.Size4K : 0)
        | ((flags & VmaFlags.Pte64K) != 0 ? PageSizeHints.Size64K : 0)
        | ((flags & VmaFlags.PteCompact) != 0 ? PageSizeHints.Compact64K : 0)
        | ((flags & VmaFlags.Pte2M) != 0 ? PageSizeHints.Size2M : 0)
        | ((flags & VmaFlags.Pte1G) != 0 ? PageSizeHints.Size1G : 0);
}
