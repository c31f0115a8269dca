using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// Page-table pages of one tile: 4 KiB each, in slabs of 2 MiB that never move, inside a window of device addresses.
/// A page's device address is <c>DeviceBase + number * 4096</c>; number 0 is never handed out, so it can mean "none". The base is a
/// multiple of a slab's size, so that a walk gets from an address in its slab to the memory by a mask.
/// VMs rent through a <see cref="PageCache"/> of their own.
/// </summary>
/// <remarks>
/// <para>Pages are not cleared: whoever rents one writes every entry that a walker may read (PT-054, PT-058).</para>
/// <para>Readers only use <see cref="Book"/>, which has its full size from the start; a slab pointer is
/// published once and never changes, so readers take no lock and nothing moves under them.</para>
/// <para>Caches take and give back chunks of pages, on any thread, without lock. New chunks come from a counter, which moves on when their
/// slab is there;
/// slabs are published by compare-exchange, and whoever loses frees what it made. Returned chunks form a stack, so that one VM alone gets
/// pages in exactly
/// the order in which it would from one long stack. The head of that stack holds a count of all changes beside the first chunk: a thread
/// that read the head, stalls and finds the same chunk on top again after others popped and pushed it, fails on the count (no ABA short of
/// 2^40 changes in between). Reading the link of a chunk that somebody else has just taken is harmless: page records are never freed, and
/// the exchange fails. Chunks are taken one by one, so a <see cref="PushStack"/> would not do; the list of caches is one.</para>
/// </remarks>
internal sealed unsafe class PageTablePool : IDisposable
{
    public const int PageBytes = 4096;
    public const int EntriesPerTable = 512;

    /// <summary>Pages a cache takes and gives back at a time; chunks given back may be shorter.</summary>
    public const int ChunkPages = 8;

    private const int SlabShift = 9;
    private const int TablesPerSlab = 1 << SlabShift;
    private const int SlabMask = TablesPerSlab - 1;
    private const int TableBytes = TablesPerSlab * PageBytes;
    private const int PageBits = 24;
    private const ulong PageMask = (1UL << PageBits) - 1;

    private static readonly int RecordBytes = TablesPerSlab * sizeof(TablePage);

    private readonly byte** _slabs;
    private readonly TablePage** _pages;
    private readonly int _capacity;
    private int _slabCount;
    private int _newChunks;
    private ulong _returned;
    private long _heldBytes;
    private PageCache? _caches;
    private SpinGate _idleGate;
    private PageCache? _idle;

    /// <param name="window">First device address of the window, 4 KiB aligned.</param>
    /// <param name="windowBytes">Size of the window in bytes, at most 64 GiB.</param>
    /// <exception cref="InsufficientMemoryException">The system has no memory for the books.</exception>
    public PageTablePool(ulong window, ulong windowBytes)
    {
        // Page 0 is never rented, so of a window that begins with a slab the base lies a slab below; that one is never made.
        int place = (int)(window / PageBytes) & SlabMask;
        FirstPage = place != 0 ? place : TablesPerSlab;
        DeviceBase = window - ((ulong)FirstPage * PageBytes);
        _capacity = (int)Math.Min((windowBytes / PageBytes) + (ulong)FirstPage, PageMask);
        _newChunks = FirstPage / ChunkPages;
        _slabCount = (_capacity + SlabMask) >> SlabShift;
        // SAFETY: both books have one zeroed pointer per possible slab, and behind them are as many zeros as a directory has children; all
        // of it is one block, which is freed in Dispose only.
        nuint books = 2 * (nuint)_slabCount * (nuint)sizeof(void*);
        _slabs = (byte**)NativeBlocks.Require(NativeBlocks.TryTakeZeroed(books + ChildBlocks.BlockBytes));
        _pages = (TablePage**)(_slabs + _slabCount);
        NoChildren = (int*)((byte*)_slabs + books);
    }

    /// <summary>Number of the window's first page.</summary>
    public int FirstPage { get; }

    /// <summary>Device address that page number 0 would have.</summary>
    public ulong DeviceBase { get; }

    /// <summary>Pages rented now, those that wait for walkers included. Exact while no cache is in use.</summary>
    public int RentedCount
    {
        get
        {
            int rented = 0;
            for (PageCache? cache = Volatile.Read(ref _caches); cache is not null; cache = cache.Next)
                rented += cache.RentedCount;
            return rented;
        }
    }

    /// <summary>Bytes of table memory the pool has taken from the host so far; 0 once it is disposed.</summary>
    public long HeldBytes => Interlocked.Read(ref _heldBytes);

    /// <summary>Child numbers of directories.</summary>
    public ChildBlocks ChildBlocks { get; } = new();

    /// <summary>The child numbers of all directories that never had a child: zeros, over which nothing but zeros is written.</summary>
    public int* NoChildren { get; }

    /// <summary>A cache for one owner, until it is closed.</summary>
    /// <param name="gate">Counts and may refuse each page.</param>
    public PageCache OpenCache(AllocationGate gate)
    {
        if (TakeIdle() is { } idle)
        {
            idle.BelongTo(gate);
            return idle;
        }

        var made = new PageCache(this, gate);
        PushStack.Push(ref _caches, made, ref made.Next);
        return made;
    }

    /// <summary>Keeps a closed cache for the next owner.</summary>
    public void Keep(PageCache closed)
    {
        _idleGate.Enter();
        closed.NextIdle = _idle;
        _idle = closed;
        _idleGate.Exit();
    }

    /// <summary>The engine's record of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref TablePage Page(int page)
    {
        Debug.Assert(page > 0 && page < _capacity);
        // SAFETY: a page number below _capacity lies inside the book, and numbers handed out have their slab.
        return ref _pages[(uint)page >> SlabShift][(uint)page & SlabMask];
    }

    /// <summary>The 512 entries of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong* Entries(int page)
    {
        Debug.Assert(page > 0 && page < _capacity);
        // SAFETY: as for Page; a slab is 512 pages of 4096 bytes.
        return (ulong*)(_slabs[(uint)page >> SlabShift] + ((nuint)((uint)page & SlabMask) * PageBytes));
    }

    /// <summary>The device address of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong DeviceAddress(int page) => DeviceBase + ((ulong)page * PageBytes);

    /// <summary>For readers: from device addresses to table memory. Empty once the pool is disposed.</summary>
    public TableBook Book => new(DeviceBase, Volatile.Read(ref _slabCount), _slabs);

    /// <summary>Takes a chunk of free pages, linked by <see cref="TablePage.Next"/>: the one returned last, else a new one.</summary>
    /// <returns>Its first page, or 0 when the window is full or the system has no memory.</returns>
    public int TakeChunk()
    {
        for (ulong head = Volatile.Read(ref _returned); (head & PageMask) != 0; head = Volatile.Read(ref _returned))
        {
            int chunk = (int)(head & PageMask);
            if (TrySetReturned(head, Page(chunk).Previous))
                return chunk;
        }

        return NewChunk();
    }

    /// <summary>Gives back a chunk of free pages, linked by <see cref="TablePage.Next"/>.</summary>
    public void ReturnChunk(int chunk)
    {
        ulong head;
        do
        {
            head = Volatile.Read(ref _returned);
            Page(chunk).Previous = (int)(head & PageMask);
        }
        while (!TrySetReturned(head, chunk));
    }

    private PageCache? TakeIdle()
    {
        _idleGate.Enter();
        PageCache? idle = _idle;
        _idle = idle?.NextIdle;
        _idleGate.Exit();
        return idle;
    }

    public void Dispose()
    {
        // SAFETY: every non-null pointer in the book was put there by EnsureSlab; nobody may use the pool after this, and a late walker
        // that tries finds no address inside the window.
        int slabs = Interlocked.Exchange(ref _slabCount, 0);
        Interlocked.Exchange(ref _heldBytes, 0);
        for (int i = 0; i < slabs; i++)
        {
            if (_pages[i] != null)
                NativeBlocks.ReturnAligned((byte*)_pages[i] - TableBytes);
        }

        ChildBlocks.Dispose();
        NativeBlocks.Return(_slabs);
    }

    private bool TrySetReturned(ulong head, int chunk)
    {
        ulong changes = (head & ~PageMask) + (1UL << PageBits);
        return Interlocked.CompareExchange(ref _returned, changes | (uint)chunk, head) == head;
    }

    private int NewChunk()
    {
        int chunks = (_capacity + ChunkPages - 1) / ChunkPages;
        for (int chunk = Volatile.Read(ref _newChunks); chunk < chunks; chunk = Volatile.Read(ref _newChunks))
        {
            int first = Math.Max(chunk * ChunkPages, FirstPage);
            int end = Math.Min((chunk + 1) * ChunkPages, _capacity);
            if (first >= end || !EnsureSlab(first >> SlabShift))
                return 0;
            if (Interlocked.CompareExchange(ref _newChunks, chunk + 1, chunk) != chunk)
                continue;

            for (int page = first; page < end; page++)
                Page(page).Next = page + 1 < end ? page + 1 : 0;
            return first;
        }

        return 0;
    }

    /// <summary>Makes a slab that two caches may need at the same time: one block that holds the tables and behind them the records. Who
    /// sees the tables has the records.</summary>
    /// <remarks>The first slab is pages that cost nothing before they are touched, so that small devices stay small; the others are huge
    /// pages, so that walks find their translation.</remarks>
    /// <returns>False when the system has no memory.</returns>
    private bool EnsureSlab(int slab)
    {
        // SAFETY: slab is inside both books; what loses the race was seen by nobody.
        if (Volatile.Read(ref *(nint*)&_slabs[slab]) != 0)
            return true;

        nuint bytes = (nuint)(TableBytes + RecordBytes);
        nint block = (nint)(slab == FirstPage >> SlabShift ? NativeBlocks.TryTakePages(bytes) : NativeBlocks.TryTakeHuge(bytes));
        if (block == 0)
            return false;

        new Span<byte>((void*)(block + TableBytes), RecordBytes).Clear();
        nint published = Interlocked.CompareExchange(ref *(nint*)&_pages[slab], block + TableBytes, 0);
        if (published == 0)
            Interlocked.Add(ref _heldBytes, TableBytes);
        else
            NativeBlocks.ReturnAligned((void*)block);

        // The one that comes second may be here first. Both write the same address.
        nint records = published == 0 ? block + TableBytes : published;
        Volatile.Write(ref *(nint*)&_slabs[slab], records - TableBytes);
        return true;
    }
}
