using XePt.Memory;

namespace XePt.Host;

/// <summary>Pages of 4 KiB of native memory for the bytes of frames, taken from the system in slabs and used again.</summary>
/// <remarks>Concurrency: none; its owner has a gate.</remarks>
internal sealed unsafe class NativePages(AllocationGate gate) : IDisposable
{
    private const int PageBytes = 4096;
    private const int PagesPerSlab = 64;

    private readonly List<nint> _slabs = [];
    private byte* _fresh;
    private int _freshPages;

    // The first word of a free page leads to the next one.
    private byte* _free;

    /// <summary>Pages in use.</summary>
    public long Count { get; private set; }

    /// <summary>A page of zeros, or null when the system has no memory.</summary>
    public byte* TryTake()
    {
        if (_free == null && _freshPages == 0 && !TryAddSlab())
            return null;

        Count++;
        // SAFETY: pages of slabs are live until Dispose; a free one holds the address of the next one or null, a fresh one was never used.
        if (_free == null)
            return _fresh + ((nuint)(--_freshPages) * PageBytes);
        byte* page = _free;
        _free = *(byte**)page;
        new Span<byte>(page, PageBytes).Clear();
        return page;
    }

    public void Return(byte* page)
    {
        // SAFETY: the page came from here, and its owner uses it no more.
        *(byte**)page = _free;
        _free = page;
        Count--;
    }

    public void Dispose()
    {
        foreach (nint slab in _slabs)
            NativeBlocks.Return((void*)slab);
        _slabs.Clear();
        _fresh = _free = null;
        _freshPages = 0;
    }

    // Fresh pages cost nothing before they are written, so they are handed out from the end and never cleared.
    private bool TryAddSlab()
    {
        void* slab = gate.Allow() ? NativeBlocks.TryTakeZeroed(PagesPerSlab * PageBytes) : null;
        if (slab == null)
            return false;
        _slabs.Add((nint)slab);
        _fresh = (byte*)slab;
        _freshPages = PagesPerSlab;
        return true;
    }
}
