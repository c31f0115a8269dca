using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// The physical memory behind a BO, a userptr range or an SVM range: segments in order (PT-065 to PT-067), immutable once built.
/// When every segment is one 4 KiB page of one kind there is a <see cref="PageList"/> too, from which tables are filled.
/// </summary>
internal sealed unsafe class Backing : IDisposable
{
    private Segment* _segments;
    private PageList* _pages;

    private Backing(Segment* segments, int count, PageList* pages, ulong addressBias)
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
        bool isPageList = PageList.CanHold(segments, size);
        nuint segmentBytes = ((nuint)segments.Length + 1) * (nuint)sizeof(Segment);
        // SAFETY: room for every segment and the sentinel, and behind them for the list; both are filled before anybody sees them.
        var block = (Segment*)NativeBlocks.TryTake(segmentBytes + (isPageList ? PageList.BytesFor(segments.Length) : 0));
        if (block == null)
            return null;

        segments.CopyTo(new Span<Segment>(block, segments.Length));
        block[segments.Length] = new Segment(size, 0);
        PageList* pages = isPageList ? (PageList*)((byte*)block + segmentBytes) : null;
        if (isPageList)
            PageList.Make(pages, segments);
        return new Backing(block, segments.Length, pages, addressBias);
    }

    /// <summary>A cursor at a byte offset; offsets asked of it must not decrease.</summary>
    public BackingCursor CursorAt(ulong offset)
    {
        PutCursor(offset, out BackingCursor cursor);
        return cursor;
    }

    /// <summary>The same, made where it is to stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PutCursor(ulong offset, out BackingCursor cursor) =>
        BackingCursor.Put(_segments, SegmentCount, _pages, offset, out cursor);

    public void Dispose()
    {
        // SAFETY: both arrays are one block; nobody may use the backing after this.
        NativeBlocks.Return(_segments);
        _segments = null;
        _pages = null;
    }
}
