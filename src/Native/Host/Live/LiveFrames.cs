namespace XePt.Native;

/// <summary>
/// Physical addresses that stand for pages of this process: a number for each page that a device has been given, from which the page is
/// found again. Numbers come in chunks of 2 MiB that belong to 2 MiB of addresses, so that neighbours are neighbours. A number that was
/// given up is not used again before its whole chunk is free and many others have been used meanwhile: who still has it is found out
/// (HST-012).
/// </summary>
/// <remarks>Concurrency: none; the process has a gate.</remarks>
/// <param name="first">Physical address of number 0.</param>
/// <param name="limit">End of the physical addresses.</param>
internal sealed class LiveFrames(ulong first, ulong limit)
{
    /// <summary>Pages of a chunk.</summary>
    public const int ChunkPages = 512;

    private const int PageShift = 12, ChunkShift = 9;
    private const int QuarantinedChunks = 1 << 12;

    private readonly List<Chunk> _chunks = [];
    private readonly Queue<int> _free = [];

    private struct Chunk
    {
        /// <summary>The 2 MiB of addresses whose pages have its numbers; 0 while it is free.</summary>
        public ulong Place;

        /// <summary>Numbers in use, and those that have been.</summary>
        public PageBits Live, Used;
        public int LiveCount;

        /// <summary>New pages of the place get numbers here.</summary>
        public bool IsOpen;
    }

    /// <summary>A bit for each page of a chunk.</summary>
    [System.Runtime.CompilerServices.InlineArray(ChunkPages / 64)]
    private struct PageBits
    {
        private ulong _first;

        public readonly bool Has(int page) => (this[page >> 6] >> (page & 63) & 1) != 0;

        public void Set(int page, bool isSet)
        {
            ulong bit = 1UL << (page & 63);
            this[page >> 6] = isSet ? this[page >> 6] | bit : this[page >> 6] & ~bit;
        }
    }

    /// <summary>The physical address of a number.</summary>
    public ulong AddressOf(long frame) => first + ((ulong)frame << PageShift);

    /// <summary>Takes a number for a page, the one at its place in the chunk of its 2 MiB if that was never used.</summary>
    /// <param name="address">Address of the page.</param>
    /// <param name="open">The chunk that its 2 MiB use at the moment, or -1.</param>
    /// <param name="frame">Receives the number.</param>
    /// <returns>False when all are in use.</returns>
    public bool TryTake(ulong address, ref int open, out long frame)
    {
        int page = (int)(address >> PageShift) & (ChunkPages - 1);
        frame = 0;
        if (open < 0 || At(open).Used.Has(page))
        {
            if (!TryBegin(address, out int next))
                return false;
            if (open >= 0)
                Close(open);
            open = next;
        }

        ref Chunk chunk = ref At(open);
        chunk.Live.Set(page, true);
        chunk.Used.Set(page, true);
        chunk.LiveCount++;
        frame = ((long)open << ChunkShift) + page;
        return true;
    }

    /// <summary>A page has its number no more.</summary>
    public void Retire(long frame)
    {
        ref Chunk chunk = ref At((int)(frame >> ChunkShift));
        chunk.Live.Set((int)frame & (ChunkPages - 1), false);
        chunk.LiveCount--;
        FreeIfUnused((int)(frame >> ChunkShift));
    }

    /// <summary>New pages of the chunk's 2 MiB get other numbers from now on.</summary>
    public void Close(int open)
    {
        At(open).IsOpen = false;
        FreeIfUnused(open);
    }

    /// <summary>The page that a physical address is in.</summary>
    /// <returns>False when it is no number in use.</returns>
    public bool TryFind(ulong address, out ulong found)
    {
        found = 0;
        ulong number = (address - first) >> PageShift;
        if (number >> ChunkShift >= (ulong)_chunks.Count)
            return false;
        ref Chunk chunk = ref At((int)(number >> ChunkShift));
        int page = (int)number & (ChunkPages - 1);
        found = chunk.Place + ((ulong)page << PageShift) + (address & ((1UL << PageShift) - 1));
        return chunk.Live.Has(page);
    }

    /// <summary>The number of a physical address that is in use.</summary>
    public long NumberOf(ulong address) => (long)((address - first) >> PageShift);

    private ref Chunk At(int number) => ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_chunks)[number];

    private bool TryBegin(ulong address, out int number)
    {
        bool isFull = first + ((ulong)(_chunks.Count + 1) << (ChunkShift + PageShift)) > limit;
        if (_free.Count > (isFull ? 0 : QuarantinedChunks))
        {
            number = _free.Dequeue();
        }
        else if (!isFull)
        {
            number = _chunks.Count;
            _chunks.Add(default);
        }
        else
        {
            number = -1;
            return false;
        }

        At(number) = new Chunk { Place = address >> (ChunkShift + PageShift) << (ChunkShift + PageShift), IsOpen = true };
        return true;
    }

    private void FreeIfUnused(int number)
    {
        ref Chunk chunk = ref At(number);
        if (chunk.LiveCount == 0 && !chunk.IsOpen)
            _free.Enqueue(number);
    }
}
