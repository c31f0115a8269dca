using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// Free table pages of one VM on one tile, in front of the tile's <see cref="PageTablePool"/>, so that VMs bind in parallel without
/// meeting.
/// </summary>
/// <remarks>
/// <para>One owner at a time. Closed caches wait in the pool for the next owner, so there are as many as VMs were open at once.</para>
/// <para>Where the pool has no more, the owner is asked for what it holds back (<see cref="Reserve"/>). That is no part of what an aborted
/// request takes back: it might have come at any time.</para>
/// <para>Rent and return are a stack, so returning in the reverse order of renting restores the order exactly; that is how an aborted
/// request leaves no trace. Chunks that <see cref="Trim"/> gives back come from the bottom and the pool's returned chunks are a stack too:
/// the cache is the upper end of one long stack, and where it is cut shows nowhere.</para>
/// </remarks>
internal sealed unsafe class PageCache(PageTablePool pool, AllocationGate gate)
{
    private const int MostKept = 1024;
    private const int KeptAfterTrim = 512;
    private const int MostBlocksKept = 64;

    private AllocationGate _gate = gate;
    private bool _isOpen = true;
    private int _rented;
    private int _top;
    private int _bottom;
    private int _count;
    private nint _blocks;
    private int _blockCount;

    /// <summary>The cache behind this one in the pool's list.</summary>
    public PageCache? Next;

    /// <summary>The cache behind this one among those that wait for an owner; belongs to the pool.</summary>
    public PageCache? NextIdle { get; set; }

    /// <summary>What the owner holds back, or null; until the cache is closed.</summary>
    public IPageReserve? Reserve { get; set; }

    /// <summary>Pages rented less pages returned; negative when pages of a closed VM were returned here. Only the sum over a pool means
    /// something.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a page for a table of a level: no live entries, not compact, no children; its entries are undefined.</summary>
    /// <returns>The page number, or 0 when the window is full, the allocation was refused, or the system has no memory.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rent(int level)
    {
        if (!_gate.Allow() || (_top == 0 && !Refill() && !TryUseReserve()))
            return 0;

        int page = _top;
        ref TablePage info = ref pool.Page(page);
        int next = info.Next;
        _top = next;
        if (next == 0)
            _bottom = 0;
        _count--;
        _rented++;
        info = new TablePage { Level = (byte)level, Children = level > 0 ? pool.NoChildren : null, IsRented = true };
        return page;
    }

    /// <summary>Gives a directory child numbers of its own, unless it has: before its first child.</summary>
    /// <returns>False when the system has no memory.</returns>
    public bool TryOwnChildren(int directory)
    {
        ref TablePage info = ref pool.Page(directory);
        if (info.Children != pool.NoChildren)
            return true;
        int* children = RentChildren();
        if (children == null)
            return false;
        info.Children = children;
        return true;
    }

    /// <summary>Gives a page back. Its bytes stay as they are until the next owner overwrites them.</summary>
    public void Return(int page)
    {
        ref TablePage info = ref pool.Page(page);
        Debug.Assert(info.IsRented);
        if (info.Children != null && info.Children != pool.NoChildren)
            ReturnChildren((nint)info.Children);
        info.Children = null;
        info.IsRented = false;
        Push(page, ref info);
        _rented--;
    }

    /// <summary>Gives pages of tables without children back, in order: as <see cref="Return"/> does for each.</summary>
    /// <param name="pages">The pages; 0 stands for none.</param>
    /// <returns>How many there were.</returns>
    public int ReturnLeaves(ReadOnlySpan<int> pages)
    {
        int before = _count;
        for (int i = 0; i < pages.Length; i++)
        {
            int page = pages[i];
            if (page == 0)
            {
                // Most are side by side, and where they are not there is much between them.
                int gap = pages[i..].IndexOfAnyExcept(0);
                if (gap < 0)
                    break;
                i += gap;
                page = pages[i];
            }

            ref TablePage info = ref pool.Page(page);
            Debug.Assert(info.IsRented && info.Children == null);
            info.IsRented = false;
            Push(page, ref info);
        }

        int returned = _count - before;
        _rented -= returned;
        return returned;
    }

    /// <summary>Gives pages back to the pool when many are free. Nothing that an aborted request has rented, which must leave no
    /// trace.</summary>
    public void Trim()
    {
        if (_count > MostKept)
        {
            while (_count > KeptAfterTrim)
                FlushChunk();
        }

        if (_blockCount > MostBlocksKept)
            FlushChildren();
    }

    /// <summary>Gives everything back and ends the ownership. Pages still rented stay so, and are returned through another cache.</summary>
    public void Close()
    {
        if (!_isOpen)
            return;
        while (_count > 0)
            FlushChunk();
        FlushChildren();
        _isOpen = false;
        Reserve = null;
        pool.Keep(this);
    }

    /// <summary>Becomes an owner's cache; the pool gives it to one.</summary>
    public void BelongTo(AllocationGate owner) => (_gate, _isOpen) = (owner, true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Push(int page, ref TablePage info)
    {
        info.Next = _top;
        info.Previous = 0;
        if (_top != 0)
            pool.Page(_top).Previous = page;
        else
            _bottom = page;
        _top = page;
        _count++;
    }

    private bool Refill()
    {
        int first = pool.TakeChunk();
        _top = first;
        for (int page = first, before = 0; page != 0; page = pool.Page(page).Next)
        {
            pool.Page(page).Previous = before;
            before = page;
            _bottom = page;
            _count++;
        }

        return first != 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryUseReserve()
    {
        Reserve?.Look();
        return _top != 0;
    }

    /// <summary>Cuts up to a chunk of pages off the bottom and gives it to the pool.</summary>
    private void FlushChunk()
    {
        int pages = Math.Min(_count, PageTablePool.ChunkPages);
        int first = _bottom;
        for (int i = 1; i < pages; i++)
            first = pool.Page(first).Previous;

        _count -= pages;
        _bottom = _count > 0 ? pool.Page(first).Previous : 0;
        if (_bottom != 0)
            pool.Page(_bottom).Next = 0;
        else
            _top = 0;
        pool.ReturnChunk(first);
    }

    private int* RentChildren()
    {
        if (_blocks == 0)
        {
            _blocks = pool.ChildBlocks.Take();
            for (nint taken = _blocks; taken != 0; taken = ChildBlocks.Next(taken))
                _blockCount++;
            if (_blocks == 0)
                return null;
        }

        nint block = _blocks;
        _blocks = ChildBlocks.Next(block);
        _blockCount--;
        // SAFETY: the block holds 512 numbers and belongs to nobody else now.
        NativeMemory.Clear((void*)block, ChildBlocks.BlockBytes);
        return (int*)block;
    }

    private void ReturnChildren(nint block)
    {
        ChildBlocks.Next(block) = _blocks;
        _blocks = block;
        _blockCount++;
    }

    private void FlushChildren()
    {
        if (_blocks == 0)
            return;

        nint last = _blocks;
        while (ChildBlocks.Next(last) != 0)
            last = ChildBlocks.Next(last);
        pool.ChildBlocks.Give(_blocks, last);
        _blocks = 0;
        _blockCount = 0;
    }
}
