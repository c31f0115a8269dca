using System.Diagnostics;

namespace XePt.Host;

/// <summary>Where a page of a modelled process is, in one word.</summary>
internal enum PageState
{
    /// <summary>Not populated.</summary>
    None = 0,

    /// <summary>In a frame.</summary>
    System = 1,

    /// <summary>In a device block.</summary>
    Device = 2,

    /// <summary>Not populated, and collected as empty by a migration.</summary>
    Held = 3,
}

/// <summary>One entry of the modelled CPU's page tables.</summary>
internal readonly record struct PageEntry(ulong Bits)
{
    private const ulong WritableBit = 1 << 2;
    private const ulong HugeBit = 1 << 3;
    private const ulong LockedBit = 1 << 4;
    private const int FrameShift = 8;
    private const int BlockShift = 28;
    private const ulong PageMask = (1UL << (BlockShift - FrameShift)) - 1;

    /// <summary>Pages that a device block may have: 4 GiB.</summary>
    public const int LargestBlock = (int)PageMask + 1;

    public PageState State => (PageState)(Bits & 3);

    /// <summary>The CPU may write without a fault; a device page keeps it for when it is back.</summary>
    public bool IsWritable => (Bits & WritableBit) != 0;

    /// <summary>Part of a huge page: so are all entries of its 2 MiB, and their frames are contiguous.</summary>
    public bool IsHuge => (Bits & HugeBit) != 0;

    /// <summary>Collected by a migration.</summary>
    public bool IsLocked => (Bits & LockedBit) != 0;

    /// <summary>Frame of a system page; number of the migration that holds an empty one.</summary>
    public long Frame => (long)(Bits >> FrameShift);

    /// <summary>Number of the block of a device page.</summary>
    public int Block => (int)(Bits >> BlockShift);

    /// <summary>Number of a device page in its block.</summary>
    public int Page => (int)((Bits >> FrameShift) & PageMask);

    public static PageEntry System(long frame, bool isWritable, bool isHuge = false) =>
        new((ulong)PageState.System | ((ulong)frame << FrameShift) | (isWritable ? WritableBit : 0) | (isHuge ? HugeBit : 0));

    public static PageEntry Device(int block, int page, bool isWritable)
    {
        Debug.Assert((uint)page < LargestBlock);
        return new((ulong)PageState.Device | ((ulong)block << BlockShift) | ((ulong)page << FrameShift) | (isWritable ? WritableBit : 0));
    }

    public static PageEntry Held(int migration) => new((ulong)PageState.Held | LockedBit | ((ulong)migration << FrameShift));

    public PageEntry WithWritable(bool isWritable) => new(isWritable ? Bits | WritableBit : Bits & ~WritableBit);

    public PageEntry WithoutHuge() => new(Bits & ~HugeBit);

    public PageEntry WithLocked(bool isLocked) => new(isLocked ? Bits | LockedBit : Bits & ~LockedBit);

    /// <summary>The entry of the page that many pages further on in the same memory, for the same use.</summary>
    public PageEntry After(int pages) => new(Bits + ((ulong)pages << FrameShift));

    /// <summary>The same page, whatever may be done with it.</summary>
    public bool IsSamePage(PageEntry other) => ((Bits ^ other.Bits) & ~(WritableBit | HugeBit | LockedBit)) == 0;
}
