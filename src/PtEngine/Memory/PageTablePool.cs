using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// Page-table pages of one tile: 4 KiB each, in slabs of 2 MiB that never move, inside a window of device addresses.
/// A page's device address is <c>DeviceBase + number * 4096</c>; number 0 is never handed out, so it can mean "none".
/// </summary>
/// <remarks>
/// <para>Pages are not cleared: whoever rents one writes every entry that a walker may read (PT-054, PT-058).</para>
/// <para>Rent and return are a stack, so returning in the reverse order of renting restores the pool exactly; that is how an aborted
/// request leaves no trace.</para>
/// <para>Concurrency: one writer. Readers only call <see cref="TryResolve"/>: the book of slabs has its full size from the start and a
/// slab pointer is published once by a volatile store and never changes, so readers take no lock and nothing moves under them.</para>
/// </remarks>
internal sealed unsafe class PageTablePool : IDisposable
{
    public const int PageBytes = 4096;
    public const int EntriesPerTable = 512;
    private const int SlabShift = 9;
    private const int TablesPerSlab = 1 << SlabShift;
    private const int SlabMask = TablesPerSlab - 1;
    private const int ChildBytes = EntriesPerTable * sizeof(int);

    private readonly AllocationGate _gate;
    private readonly int _capacity;
    private readonly byte** _slabs;
    private readonly TablePage** _pages;
    private readonly Stack<nint> _freeChildren = [];
    private readonly List<nint> _childSlabs = [];
    private int _top = 1;
    private int _firstFree;

    /// <param name="window">First device address of the window, 4 KiB aligned.</param>
    /// <param name="windowBytes">Size of the window in bytes.</param>
    /// <param name="gate">Counts and may refuse each page.</param>
    public PageTablePool(ulong window, ulong windowBytes, AllocationGate gate)
    {
        _gate = gate;
        // Page 0 is never rented, so the base lies one page below the window.
        DeviceBase = window - PageBytes;
        _capacity = (int)Math.Min(windowBytes / PageBytes + 1, int.MaxValue / 2);
        nuint slabs = (nuint)((_capacity + SlabMask) >> SlabShift);
        // SAFETY: both books have one zeroed pointer per possible slab; they are freed in Dispose only.
        _slabs = (byte**)NativeMemory.AllocZeroed(slabs, (nuint)sizeof(byte*));
        _pages = (TablePage**)NativeMemory.AllocZeroed(slabs, (nuint)sizeof(TablePage*));
    }

    /// <summary>Device address that page number 0 would have.</summary>
    public ulong DeviceBase { get; }

    /// <summary>Pages rented now.</summary>
    public int RentedCount { get; private set; }

    /// <summary>Bytes of table memory the pool has taken from the host so far.</summary>
    public long CommittedBytes { get; private set; }

    /// <summary>Rents a page for a table of a level: no live entries, not compact, no children; its entries are undefined.</summary>
    /// <returns>The page number, or 0 when the window is full or the allocation was refused.</returns>
    public int Rent(int level)
    {
        if (!_gate.Allow())
            return 0;

        int page = _firstFree != 0 ? _firstFree : _top;
        if (page == _top && (page >= _capacity || !EnsureSlab(page)))
            return 0;

        ref TablePage info = ref Page(page);
        int* children = level > 0 ? RentChildren() : null;
        if (page == _top)
            _top++;
        else
            _firstFree = info.NextFree;
        info = new TablePage { Level = (byte)level, Children = children, IsRented = true };
        RentedCount++;
        return page;
    }

    /// <summary>Gives a page back. Its bytes stay as they are until the next owner overwrites them.</summary>
    public void Return(int page)
    {
        ref TablePage info = ref Page(page);
        Debug.Assert(info.IsRented);
        if (info.Children != null)
            _freeChildren.Push((nint)info.Children);
        info.Children = null;
        info.IsRented = false;
        RentedCount--;
        info.NextFree = _firstFree;
        _firstFree = page;
    }

    /// <summary>The engine's record of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TablePage Page(int page)
    {
        Debug.Assert(page > 0 && page < _capacity);
        // SAFETY: a page number below _capacity lies inside the book, and numbers handed out have their slab.
        return ref _pages[page >> SlabShift][page & SlabMask];
    }

    /// <summary>The 512 entries of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong* Entries(int page)
    {
        Debug.Assert(page > 0 && page < _capacity);
        // SAFETY: as for Page; a slab is 512 pages of 4096 bytes.
        return (ulong*)(_slabs[page >> SlabShift] + (nint)(page & SlabMask) * PageBytes);
    }

    /// <summary>The device address of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong DeviceAddress(int page) => DeviceBase + ((ulong)page * PageBytes);

    /// <summary>Finds the memory of the table at a device address. Safe on any thread.</summary>
    /// <returns>The first entry of the table, or null when the address is not one of a table page with memory behind it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong* TryResolve(ulong deviceAddress)
    {
        ulong page = (deviceAddress - DeviceBase) >> 12;
        if (page >= (ulong)_capacity)
            return null;

        // SAFETY: page is inside the book; the volatile read pairs with the volatile publication in EnsureSlab.
        byte* slab = (byte*)Volatile.Read(ref *(nint*)&_slabs[page >> SlabShift]);
        return slab == null ? null : (ulong*)(slab + (nint)(page & SlabMask) * PageBytes);
    }

    /// <summary>Page number of a device address inside the window; the caller knows it is one.</summary>
    public int PageAt(ulong deviceAddress) => (int)((deviceAddress - DeviceBase) >> 12);

    public void Dispose()
    {
        int slabs = (_capacity + SlabMask) >> SlabShift;
        // SAFETY: every non-null pointer in the books was allocated by EnsureSlab; nobody may use the pool after this.
        for (int i = 0; i < slabs; i++)
        {
            NativeMemory.AlignedFree(_slabs[i]);
            NativeMemory.Free(_pages[i]);
        }

        foreach (nint slab in _childSlabs)
            NativeMemory.AlignedFree((void*)slab);
        NativeMemory.Free(_slabs);
        NativeMemory.Free(_pages);
    }

    private bool EnsureSlab(int page)
    {
        int slab = page >> SlabShift;
        if (_slabs[slab] != null)
            return true;

        // SAFETY: slab is inside both books. The records come first; readers look only at the slab, published last.
        _pages[slab] = (TablePage*)NativeMemory.AllocZeroed(TablesPerSlab, (nuint)sizeof(TablePage));
        byte* memory = (byte*)NativeMemory.AlignedAlloc(TablesPerSlab * PageBytes, 64 * 1024);
        NativeMemory.Clear(memory, TablesPerSlab * PageBytes);
        Volatile.Write(ref *(nint*)&_slabs[slab], (nint)memory);
        CommittedBytes += TablesPerSlab * PageBytes;
        return true;
    }

    private int* RentChildren()
    {
        if (_freeChildren.Count == 0)
            GrowChildren();

        nint children = _freeChildren.Pop();
        // SAFETY: the block holds 512 numbers and belongs to nobody else now.
        NativeMemory.Clear((void*)children, ChildBytes);
        return (int*)children;
    }

    private void GrowChildren()
    {
        const int Blocks = 64;
        // SAFETY: the slab is cut into Blocks blocks of ChildBytes each and freed in Dispose.
        byte* slab = (byte*)NativeMemory.AlignedAlloc(Blocks * ChildBytes, 64);
        _childSlabs.Add((nint)slab);
        for (int i = Blocks - 1; i >= 0; i--)
            _freeChildren.Push((nint)(slab + (i * ChildBytes)));
    }
}
