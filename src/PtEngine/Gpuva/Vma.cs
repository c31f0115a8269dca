using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>Memory attributes of a VMA (BIND-176). The default value plus a PAT index is what a fresh bind gets.</summary>
internal struct VmaAttributes
{
    /// <summary>Index the entries are written with.</summary>
    public ushort Pat;

    /// <summary>Index given at bind time, what the attribute falls back to.</summary>
    public ushort DefaultPat;

    private byte _atomic;

    /// <summary>0 = all pages, 1 = only system pages.</summary>
    public byte MigrationPolicy;

    /// <summary>Region instance of the preferred location.</summary>
    public ushort RegionInstance;

    /// <summary>Preferred location: 0 default device, -1 system, else a device file.</summary>
    public int PreferredDevice;

    /// <summary>Number of the pagemap that the device file and the region instance name, or 0 (SVM-043).</summary>
    public int Pagemap;

    /// <summary>How atomics are to work.</summary>
    public AtomicAccess Atomic
    {
        readonly get => (AtomicAccess)_atomic;
        set => _atomic = (byte)value;
    }

    public static VmaAttributes ForPat(ushort pat) => new() { Pat = pat, DefaultPat = pat };

    /// <summary>True when nothing differs from what a fresh bind with the default PAT index gives (BIND-131).</summary>
    public readonly bool AreDefault =>
        Pat == DefaultPat && Atomic == AtomicAccess.Undefined && MigrationPolicy == 0 && PreferredDevice == 0;
}

/// <summary>One virtual memory area of a VM, in unmanaged memory (specification 02 section 13). Covers <c>[Start, End)</c>.</summary>
/// <remarks>There may be millions: 72 bytes without a gap, so what needs few bits takes no more than a byte.</remarks>
internal struct Vma
{
    // There are fewer tiles.
    private const int AwaitsBindMark = 0x80;

    public ulong Start;
    public ulong End;

    /// <summary>Offset inside the BO, or the CPU address of a userptr; 0 for null and mirror VMAs.</summary>
    public ulong Offset;

    /// <summary>BO slot, or 0.</summary>
    public int Bo;

    /// <summary>A userptr's entry in the <see cref="UserptrTable"/>, or 0.</summary>
    public int Userptr;

    public VmaFlags Flags;
    public VmaAttributes Attributes;

    /// <summary>Tiles on which the VMA is bound (BIND-235).</summary>
    public byte TilePresent;

    /// <summary>Tiles on which a bind is staged and not more (BIND-234).</summary>
    public byte TileStaged;

    /// <summary>Tiles whose entries were zapped since the last bind (BIND-236).</summary>
    public byte TileInvalidated;

    private byte _marks;

    /// <summary>Number of the call whose marks these are (<see cref="Touch"/>): <see cref="AwaitsBind"/> and <see cref="TilePending"/>.
    /// Marks of other calls mean nothing.</summary>
    public uint Call;

    /// <summary>Neighbours in the list of this BO's VMAs in this VM, in link order; 0 at the ends.</summary>
    public int BoPrevious, BoNext;

    /// <summary>Slot of the user fence remembered at the last bind, or 0 (BIND-252).</summary>
    public int UserFence;

    /// <summary>The call will bind this VMA, so no piece of it may rely on its entries yet.</summary>
    public bool AwaitsBind
    {
        readonly get => (_marks & AwaitsBindMark) != 0;
        set => _marks = (byte)(value ? _marks | AwaitsBindMark : _marks & ~AwaitsBindMark);
    }

    /// <summary>Tiles on which the call has staged a bind.</summary>
    public byte TilePending
    {
        readonly get => (byte)(_marks & ~AwaitsBindMark);
        set => _marks = (byte)((_marks & AwaitsBindMark) | value);
    }

    public readonly ulong Size => End - Start;

    public readonly bool IsNull => (Flags & VmaFlags.Null) != 0;

    public readonly bool IsMirror => (Flags & VmaFlags.Mirror) != 0;

    public readonly bool HasBo => Bo != 0;

    /// <summary>No BO, not null and not mirror (BIND-227).</summary>
    public readonly bool IsUserptr => Bo == 0 && (Flags & (VmaFlags.Null | VmaFlags.Mirror)) == 0;

    /// <summary>Present and not invalidated on a tile (BIND-237).</summary>
    /// <summary>Tiles on which it has entries that count.</summary>
    public readonly byte ValidTiles => (byte)(TilePresent & ~TileInvalidated);

    public readonly bool HasValidMapping(int tile) => (ValidTiles & (1 << tile)) != 0;

    /// <summary>A call is about to mark the VMA: marks of earlier calls are forgotten.</summary>
    public void Touch(uint call)
    {
        if (Call == call)
            return;
        ForgetMarks();
        Call = call;
    }

    /// <summary>Forgets the marks of any call.</summary>
    public void ForgetMarks()
    {
        Call = 0;
        _marks = 0;
    }

    /// <summary>Largest page size the VMA may be mapped with, in bytes, from its hints (BIND-185, PT-083).</summary>
    public readonly ulong LargestPageSize => Flags switch
    {
        _ when (Flags & VmaFlags.Pte1G) != 0 => 1UL << 30,
        _ when (Flags & (VmaFlags.Pte2M | VmaFlags.PteCompact)) != 0 => 1UL << 21,
        _ when (Flags & VmaFlags.Pte64K) != 0 => 1UL << 16,
        _ when (Flags & VmaFlags.Pte4K) != 0 => 1UL << 12,
        _ => 1UL << 30,
    };

    /// <summary>The hint that stands for a page size (BIND-187).</summary>
    public static VmaFlags HintFor(ulong pageSize) => pageSize switch
    {
        1UL << 30 => VmaFlags.Pte1G,
        1UL << 21 => VmaFlags.Pte2M,
        1UL << 16 => VmaFlags.Pte64K,
        _ => VmaFlags.Pte4K,
    };
}
