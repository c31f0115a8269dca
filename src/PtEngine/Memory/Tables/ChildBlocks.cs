namespace XePt.Memory;

/// <summary>
/// Blocks of 512 child numbers for directories, shared by the caches of a tile. Free blocks are linked through their first word.
/// </summary>
/// <remarks>Concurrency: any thread. What was given back is one <see cref="PushStack"/>, the slabs are another, which is only taken at the
/// end.</remarks>
internal sealed unsafe class ChildBlocks : IDisposable
{
    public const int BlockBytes = PageTablePool.EntriesPerTable * sizeof(int);
    private const int BlocksPerSlab = 8;
    private const int HeaderBytes = 64;

    private nint _returned;
    private nint _slabs;

    /// <summary>The link of a free block: the block behind it, or 0.</summary>
    // SAFETY: only the owner of a free block asks for its first word.
    public static ref nint Next(nint block) => ref *(nint*)block;

    /// <summary>Takes all blocks that were given back, or new ones: a chain of at least one, or 0 when memory could not be had.</summary>
    public nint Take()
    {
        nint chain = PushStack.TakeAll(ref _returned);
        return chain != 0 ? chain : NewSlab();
    }

    /// <summary>Gives a chain of blocks back.</summary>
    public void Give(nint first, nint last) => PushStack.Push(ref _returned, first, ref Next(last));

    public void Dispose()
    {
        for (nint slab = _slabs; slab != 0;)
        {
            nint next = Next(slab);
            // SAFETY: every slab came from NewSlab; nobody may use its blocks after this.
            NativeBlocks.ReturnAligned((void*)slab);
            slab = next;
        }

        _slabs = _returned = 0;
    }

    private nint NewSlab()
    {
        // SAFETY: a header with the link of the slab chain, then the blocks.
        nint slab = (nint)NativeBlocks.TryTakeAligned(HeaderBytes + (BlocksPerSlab * BlockBytes));
        if (slab == 0)
            return 0;

        nint first = slab + HeaderBytes;
        for (int i = 0; i < BlocksPerSlab; i++)
            Next(first + (i * BlockBytes)) = i + 1 < BlocksPerSlab ? first + ((i + 1) * BlockBytes) : 0;

        PushStack.Push(ref _slabs, slab, ref Next(slab));
        return first;
    }
}
