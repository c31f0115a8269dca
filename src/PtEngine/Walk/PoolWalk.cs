using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt.Walk;

/// <summary>
/// Walks from one root through the table memory of its tile: the same walk as <see cref="PageWalker"/>, made for speed. The caller pins the
/// epoch around it and makes sure under the pin that the root is still one.
/// </summary>
internal readonly unsafe partial struct PoolWalk
{
    private const ulong IndexMask = PageSizes.IndexMask;
    private const int LeafShift = PageSizes.LeafShift;
    private const int Level1Shift = LeafShift + PageSizes.IndexBits;
    private const int Level2Shift = Level1Shift + PageSizes.IndexBits;
    private const int Level3Shift = Level2Shift + PageSizes.IndexBits;
    private const int Level4Shift = Level3Shift + PageSizes.IndexBits;
    private const ulong AnyDirectory = PteFormats.AddressMask | PteFormats.Present | PteFormats.PageSize;
    private const ulong LastDirectory = AnyDirectory | PteFormats.Pde64K;

    // Where a table lies in its slab, whose device addresses begin at a multiple of its size; and in what else a directory entry must not
    // differ from one that leads to the first table.
    private const ulong PlaceInSlab = (TableSlab.Pages - 1UL) << LeafShift;
    private const ulong NoDirectory = AnyDirectory & ~PlaceInSlab, NoLastDirectory = LastDirectory & ~PlaceInSlab;

    private readonly ulong* _root;
    private readonly int _rootShift;
    private readonly uint _mapped;
    private readonly ulong _slabStartIfPresent;
    private readonly nint _slabMemory;
    private readonly TableBook _book;

    public PoolWalk(PageTablePool pool, int root, int rootLevel, PteFormatId format)
    {
        _book = pool.Book;
        _root = pool.Entries(root);
        _rootShift = PageSizes.EntryShift(rootLevel);
        _mapped = Translation.KindOf(TranslationStatus.Mapped, 0, false, format);
        _book.TryFind(pool.DeviceAddress(root), out TableSlab slab);
        _slabStartIfPresent = slab.Start | PteFormats.Present;
        _slabMemory = slab.Memory;
    }

    /// <summary>Walks the tables for one address inside the VM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Translation Translate(ulong va)
    {
        WalkEnd end = Walk(va);
        return new Translation(end.Kind, va, end.Entry);
    }

    /// <summary>Walks the tables for one address and tells where the deciding entry is.</summary>
    public LeafPlace Locate(ulong va)
    {
        ulong* table = _root;
        int shift = _rootShift;
        ulong entry = Volatile.Read(ref table[(va >> shift) & IndexMask]);
        WalkEnd end = Continue(va, shift, entry, ref table);
        return new LeafPlace(table, new Translation(end.Kind, va, end.Entry));
    }

    /// <summary>The common case, short enough to be inlined: 4 KiB leaves, and tables in the root's slab. Level by level without a loop,
    /// which would cost a quarter more, and without a branch: each entry is taken for a directory entry into the root's slab, where any
    /// place can be read, and one look at all of them says afterwards whether they were. From one load to the next there is a mask alone:
    /// what a place depends on besides the entry is there before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private WalkEnd Walk(ulong va)
    {
        nint slab = _slabMemory;
        ulong differences = 0, entry;
        // SAFETY: here and below, a table has 512 entries and stays in place while the caller's pin lasts; so does the slab of the root,
        // and a place in it is that of a table.
        if (_rootShift == Level4Shift)
        {
            entry = Volatile.Read(ref *(ulong*)((nint)_root + Offset(va, Level4Shift)));
            differences = entry ^ _slabStartIfPresent;
            entry = Next(slab + Offset(va, Level3Shift), entry);
        }
        else
        {
            entry = Volatile.Read(ref *(ulong*)((nint)_root + Offset(va, Level3Shift)));
        }

        differences |= entry ^ _slabStartIfPresent;
        entry = Next(slab + Offset(va, Level2Shift), entry);
        differences |= entry ^ _slabStartIfPresent;
        entry = Next(slab + Offset(va, Level1Shift), entry);
        if (((differences & NoDirectory) | ((entry ^ _slabStartIfPresent) & NoLastDirectory)) != 0)
            return WalkElsewhere(va, differences, entry);
        entry = Next(slab + Offset(va, LeafShift), entry);
        return (entry & (PteFormats.Present | PteFormats.Null)) == PteFormats.Present ? new WalkEnd(_mapped, entry) : End(0, false, entry);
    }

    /// <summary>Where the entry for an address lies in a table. A rotation needs no copy of the address first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Offset(ulong va, int shift) => (nint)(BitOperations.RotateRight(va, shift - 3) & (IndexMask << 3));

    /// <summary>The entry at an offset of the table that a directory entry leads to, or of any other one of the slab.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Next(nint slabAndOffset, ulong entry)
    {
        // SAFETY: the masked place is that of one of the slab's tables, and the offset that of one of its entries.
        return Volatile.Read(ref *(ulong*)(slabAndOffset + (nint)(entry & PlaceInSlab)));
    }

    /// <summary>Leaves of other sizes, or tables in other slabs.</summary>
    /// <param name="va">The address.</param>
    /// <param name="differences">Of all directory entries but the last.</param>
    /// <param name="last">The entry of level 1, if the others have led there.</param>
    private WalkEnd WalkElsewhere(ulong va, ulong differences, ulong last) => (differences & NoDirectory) == 0
        ? WalkAnySlab(va, Level1Shift, last)
        : WalkAnySlab(va, _rootShift, Volatile.Read(ref _root[(va >> _rootShift) & IndexMask]));

    /// <summary>Goes on from an entry that has been read, down to a leaf of 4 KiB: what large VMs mostly have. As short as can be: while a
    /// processor waits for the memory of one walk, it begins as many others as it has room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private WalkEnd WalkAnySlab(ulong va, int shift, ulong entry)
    {
        while (shift > LeafShift)
        {
            if ((entry & (PteFormats.Present | PteFormats.PageSize | PteFormats.Pde64K)) != PteFormats.Present)
                return Continue(va, shift, entry);
            nint table = _book.Find(entry & PteFormats.AddressMask);
            if (table == 0)
                return Continue(va, shift, entry);
            shift -= PageSizes.IndexBits;
            // SAFETY: a table has 512 entries and stays in place while the caller's pin lasts.
            entry = Volatile.Read(ref *(ulong*)(table + Offset(va, shift)));
        }

        return (entry & (PteFormats.Present | PteFormats.Null)) == PteFormats.Present ? new WalkEnd(_mapped, entry) : End(0, false, entry);
    }

    /// <summary>Follows a directory entry into the root's slab. One comparison answers whether it is present, no leaf, not compact where
    /// that matters, and in the slab: the difference is then a page number below 512 with no bit of a page offset, which the rotation would
    /// move to the top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFollow(ulong entry, ulong mask, out ulong* table)
    {
        ulong offset = (entry & mask) - _slabStartIfPresent;
        table = (ulong*)(_slabMemory + (nint)offset);
        return ulong.RotateRight(offset, 12) < TableSlab.Pages;
    }

    private WalkEnd Continue(ulong va, int shift, ulong entry)
    {
        ulong* table = null;
        return Continue(va, shift, entry, ref table);
    }

    /// <summary>Any case: goes on from an entry that has been read.</summary>
    /// <param name="va">The address.</param>
    /// <param name="shift">Shift of the entry's level.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="table">Table of the entry; becomes that of the deciding one.</param>
    private WalkEnd Continue(ulong va, int shift, ulong entry, ref ulong* table)
    {
        bool isCompact = false;
        int level = (shift - LeafShift) / PageSizes.IndexBits;
        while (level > 0 && (entry & (PteFormats.Present | PteFormats.PageSize)) == PteFormats.Present)
        {
            isCompact = level == 1 && (entry & PteFormats.Pde64K) != 0;
            level--;
            table = _book.TryResolve(entry & PteFormats.AddressMask);
            if (table == null)
                return new WalkEnd(_mapped | Translation.KindOf(TranslationStatus.BadTable, level, isCompact, 0), 0);

            entry = Volatile.Read(ref table[isCompact ? PageSizes.CompactIndexAt(va) : PageSizes.IndexAt(va, level)]);
        }

        return End(level, isCompact, entry);
    }

    private WalkEnd End(int level, bool isCompact, ulong entry)
    {
        TranslationStatus status = (entry & PteFormats.Present) == 0 ? TranslationStatus.NotPresent
            : (entry & PteFormats.Null) != 0 ? TranslationStatus.Null : TranslationStatus.Mapped;
        return new WalkEnd(_mapped | Translation.KindOf(status, level, isCompact, 0), entry);
    }

    /// <summary>A translation less its address: small enough to be returned in registers.</summary>
    private readonly struct WalkEnd(uint kind, ulong entry)
    {
        public readonly uint Kind = kind;
        public readonly ulong Entry = entry;
    }
}

/// <summary>Where a walk ended.</summary>
internal readonly unsafe struct LeafPlace(ulong* table, in Translation translation)
{
    /// <summary>The table of the deciding entry, or null when there is none.</summary>
    public readonly ulong* Table = table;

    public readonly Translation Translation = translation;
}
