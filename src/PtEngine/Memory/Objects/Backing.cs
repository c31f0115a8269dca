namespace XePt.Memory;

/// <summary>
/// The physical memory behind a BO, a userptr range or an SVM range: segments in order (PT-065 to PT-067), immutable once built.
/// When every segment is one 4 KiB page of one kind the plain address list is kept too, so that it can be copied into a table.
/// </summary>
internal sealed unsafe class Backing : IDisposable
{
    private Segment* _segments;
    private ulong* _pages;

    private Backing(Segment* segments, int count, ulong* pages, ulong addressBias)
    {
        _segments = segments;
        _pages = pages;
        SegmentCount = count;
        AddressBias = addressBias;
    }

    /// <summary>Bytes covered.</summary>
    public ulong Size => _segments[SegmentCount].Offset;

    public int SegmentCount { get; }

    /// <summary>Added to a segment's address to get the device address (PT-033).</summary>
    public ulong AddressBias { get; }

    // SAFETY: the block holds SegmentCount + 1 segments until Dispose.
    public ReadOnlySpan<Segment> Segments => new(_segments, SegmentCount);

    /// <summary>Builds a backing from its segments, given without sentinel, and its size in bytes.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no memory.</exception>
    public static Backing Create(ReadOnlySpan<Segment> segments, ulong size) =>
        TryCreate(segments, size) ?? throw new InsufficientMemoryException("no memory for a list of pages");

    /// <summary>Builds a backing from its segments, given without sentinel, and its size in bytes; null when the system has no
    /// memory.</summary>
    public static Backing? TryCreate(ReadOnlySpan<Segment> segments, ulong size, ulong addressBias = 0)
    {
        bool isPageList = IsPageList(segments, size);
        nuint segmentBytes = ((nuint)segments.Length + 1) * (nuint)sizeof(Segment);
        // SAFETY: room for every segment and the sentinel, and behind them for one address per page; both arrays are filled before anybody
        // sees them.
        var block = (Segment*)NativeBlocks.TryTake(segmentBytes + (isPageList ? (nuint)segments.Length * sizeof(ulong) : 0));
        if (block == null)
            return null;

        segments.CopyTo(new Span<Segment>(block, segments.Length));
        block[segments.Length] = new Segment(size, 0);
        ulong* pages = isPageList ? (ulong*)((byte*)block + segmentBytes) : null;
        for (int i = 0; isPageList && i < segments.Length; i++)
            pages[i] = segments[i].Address;
        return new Backing(block, segments.Length, pages, addressBias);
    }

    /// <summary>A cursor at a byte offset; offsets asked of it must not decrease.</summary>
    public BackingCursor CursorAt(ulong offset) => new(_segments, SegmentCount, _pages, offset);

    public void Dispose()
    {
        // SAFETY: both arrays are one block; nobody may use the backing after this.
        NativeBlocks.Return(_segments);
        _segments = null;
        _pages = null;
    }

    private static bool IsPageList(ReadOnlySpan<Segment> segments, ulong size)
    {
        if (segments.Length < 2 || size != (ulong)segments.Length << 12)
            return false;

        for (int i = 0; i < segments.Length; i++)
        {
            if (segments[i].Offset != (ulong)i << 12 || segments[i].Kind != segments[0].Kind)
                return false;
        }

        return true;
    }
}
