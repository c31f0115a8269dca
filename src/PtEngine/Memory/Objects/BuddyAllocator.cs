using System.Numerics;

namespace XePt.Memory;

/// <summary>Device-physical memory of one region (system or VRAM), handed out in power-of-two blocks from 4 KiB up.</summary>
/// <remarks>
/// <para>A block of order o has 4 KiB * 2^o bytes and starts at a multiple of its size from the region's start. Free buddies are
/// always merged, so the state is a function of which pages are free, not of history; the lowest suitable block is taken, so the
/// result is too.</para>
/// <para>Book-keeping is one bit per possible block, 4 MiB for 64 GiB, of which the system backs what was touched. Not synchronised:
/// the region's owner orders calls. <see cref="AllocationGate"/> is asked once per block.</para>
/// </remarks>
internal sealed class BuddyAllocator : IDisposable
{
    /// <summary>Bytes of the smallest block.</summary>
    public const ulong MinBlock = 1UL << MinShift;

    private const int MinShift = 12;

    private readonly AllocationGate _gate;
    private readonly BitTree[] _free;
    private readonly long[] _freeBlocks;
    private readonly ulong _start;
    private readonly ulong _visibleSize;

    /// <summary>A region of free memory.</summary>
    /// <param name="start">Device address of the region, a multiple of 4 KiB.</param>
    /// <param name="size">Bytes, a multiple of 4 KiB, not zero.</param>
    /// <param name="visibleSize">Bytes from the start that the CPU can reach; at most <paramref name="size"/>.</param>
    /// <param name="gate">Counts the blocks taken.</param>
    /// <exception cref="InsufficientMemoryException">The system has no memory for the book-keeping.</exception>
    public BuddyAllocator(ulong start, ulong size, ulong visibleSize, AllocationGate gate)
    {
        ThrowIfNotPages(start, nameof(start));
        ThrowIfNotPages(size, nameof(size));
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(visibleSize, size);
        _start = start;
        _visibleSize = visibleSize;
        _gate = gate;
        Size = size;
        ulong pages = size >> MinShift;
        _free = new BitTree[BitOperations.Log2(pages) + 1];
        _freeBlocks = new long[_free.Length];
        MakeTrees(pages);
        UsedBytes = size;
        VisibleUsedBytes = visibleSize;
        Free(start, size);
    }

    /// <summary>Bytes of the region.</summary>
    public ulong Size { get; }

    /// <summary>Bytes handed out.</summary>
    public ulong UsedBytes { get; private set; }

    /// <summary>Bytes handed out inside the CPU-visible part.</summary>
    public ulong VisibleUsedBytes { get; private set; }

    /// <summary>Bytes not handed out.</summary>
    public ulong FreeBytes => Size - UsedBytes;

    /// <summary>First address the CPU cannot reach: the value of <c>below</c> for CPU-visible allocations.</summary>
    public ulong VisibleEnd => _start + _visibleSize;

    /// <summary>Takes <paramref name="size"/> bytes as few, large blocks, sizes descending, and appends them to the list.</summary>
    /// <param name="size">Bytes, a multiple of <paramref name="minBlock"/>, not zero.</param>
    /// <param name="minBlock">Smallest block that may be used, a power of two >= 4 KiB.</param>
    /// <param name="result">The list to append to.</param>
    /// <param name="below">Every block ends at or below this address.</param>
    /// <returns>False when the memory is not there; then nothing has changed.</returns>
    public bool TryAllocate(ulong size, ulong minBlock, ref BlockList result, ulong below = ulong.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        if (!BitOperations.IsPow2(minBlock) || minBlock < MinBlock || size % minBlock != 0)
            throw new ArgumentException("The smallest block is a power of two from 4 KiB and divides the size.", nameof(minBlock));
        if (size > FreeBytes)
            return false;

        int kept = result.Count;
        bool isTaken = false;
        try
        {
            isTaken = TryTakeAll(size, OrderWithin(minBlock), ref result, below);
            return isTaken;
        }
        finally
        {
            // Also when whoever watches allocations has thrown.
            if (!isTaken)
                FreeFrom(ref result, kept);
        }
    }

    /// <summary>Gives back <c>[address, address + size)</c>, all of it handed out; blocks may be given back in parts.</summary>
    /// <exception cref="InvalidOperationException">Memory was given back that is free already.</exception>
    public void Free(ulong address, ulong size)
    {
        ThrowIfNotPages(address, nameof(address));
        ThrowIfNotPages(size, nameof(size));
        ArgumentOutOfRangeException.ThrowIfLessThan(address, _start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size - Math.Min(address - _start, Size), nameof(size));
        ulong offset = address - _start;
        while (size > 0)
        {
            int order = Math.Min(OrderWithin(size), OrderWithin(offset & (0 - offset)));
            FreeBlock(offset, order);
            offset += BlockBytes(order);
            size -= BlockBytes(order);
        }
    }

    /// <summary>Gives back every block of <paramref name="blocks"/> and empties the list.</summary>
    public void Free(ref BlockList blocks) => FreeFrom(ref blocks, 0);

    /// <summary>Gives the book-keeping memory back; the allocator is not used afterwards.</summary>
    public void Dispose()
    {
        for (int order = 0; order < _free.Length; order++)
            _free[order].Dispose();
    }

    /// <summary>One bit more than there are blocks: the buddy of the last one is looked up even where the region ends before it.</summary>
    private void MakeTrees(ulong pages)
    {
        try
        {
            for (int order = 0; order < _free.Length; order++)
                _free[order] = new BitTree((long)(pages >> order) + 1);
        }
        catch (InsufficientMemoryException)
        {
            Dispose();
            throw;
        }
    }

    private bool TryTakeAll(ulong size, int minOrder, ref BlockList result, ulong below)
    {
        int order = _free.Length - 1;
        for (ulong left = size; left > 0; left -= BlockBytes(order))
        {
            order = Math.Min(order, OrderWithin(left));
            if (!TryTakeLargest(ref order, minOrder, below, out ulong address))
                return false;
            result.Add(new MemoryBlock(address, BlockBytes(order)));
        }

        return true;
    }

    private bool TryTakeLargest(ref int order, int minOrder, ulong below, out ulong address)
    {
        address = 0;
        if (!_gate.Allow())
            return false;
        for (; order >= minOrder; order--)
        {
            if (TryTake(order, below, out address))
                return true;
        }

        return false;
    }

    private bool TryTake(int order, ulong below, out ulong address)
    {
        ulong limit = below - Math.Min(below, _start);
        for (int from = order; from < _free.Length; from++)
        {
            if (_freeBlocks[from] == 0)
                continue;
            // The lowest block of each size is the one that can satisfy `below` if any does.
            long index = _free[from].First();
            ulong offset = (ulong)index << (MinShift + from);
            if (offset + BlockBytes(order) > limit)
                continue;
            Unlist(from, index);
            while (from > order)
            {
                from--;
                List(from, (long)(offset >> (MinShift + from)) + 1);
            }

            Account(offset, order, taken: true);
            address = _start + offset;
            return true;
        }

        address = 0;
        return false;
    }

    private void FreeBlock(ulong offset, int order)
    {
        long index = (long)(offset >> (MinShift + order));
        for (int up = order; up < _free.Length; up++)
        {
            if (_free[up].Contains(index >> (up - order)))
                throw new InvalidOperationException($"The memory at 0x{_start + offset:x} is free already.");
        }

        Account(offset, order, taken: false);
        while (order + 1 < _free.Length && _free[order].Contains(index ^ 1))
        {
            Unlist(order, index ^ 1);
            index >>= 1;
            order++;
        }

        List(order, index);
    }

    private void FreeFrom(ref BlockList blocks, int first)
    {
        foreach (MemoryBlock block in blocks.AsSpan()[first..])
            Free(block.Address, block.Size);
        blocks.Truncate(first);
    }

    private void List(int order, long index)
    {
        _free[order].Add(index);
        _freeBlocks[order]++;
    }

    private void Unlist(int order, long index)
    {
        _free[order].Remove(index);
        _freeBlocks[order]--;
    }

    private void Account(ulong offset, int order, bool taken)
    {
        ulong bytes = BlockBytes(order);
        ulong visible = Math.Min(_visibleSize, offset + bytes) - Math.Min(_visibleSize, offset);
        UsedBytes = taken ? UsedBytes + bytes : UsedBytes - bytes;
        VisibleUsedBytes = taken ? VisibleUsedBytes + visible : VisibleUsedBytes - visible;
    }

    private static ulong BlockBytes(int order) => MinBlock << order;

    // Order of the largest block in `bytes`. Zero bytes stand for 2^64: the alignment of offset 0.
    private static int OrderWithin(ulong bytes) => (bytes == 0 ? 64 : BitOperations.Log2(bytes)) - MinShift;

    private static void ThrowIfNotPages(ulong value, string name)
    {
        if (value % MinBlock != 0)
            throw new ArgumentException("Not a multiple of 4 KiB.", name);
    }
}
