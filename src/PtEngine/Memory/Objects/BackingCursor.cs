using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>Walks a backing forward: at a byte offset it tells the physical address, the bytes left in the segment and the kind (PT-065 to
/// PT-068).</summary>
internal unsafe struct BackingCursor
{
    // SAFETY, all: the backing lives as long as its cursor, and an offset is inside it.

    private PageList* _pages;
    private Segment* _segment;

    /// <summary>Makes a cursor at a byte offset where it is to stay: a copy would read it wider than it was just written, which waits for
    /// both stores.</summary>
    // SAFETY: the pointers belong to a live backing of count segments and a sentinel, and a page list has a segment for each page.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(Segment* segments, int count, PageList* pages, ulong offset, out BackingCursor cursor)
    {
        Debug.Assert(offset < segments[count].Offset);
        cursor._pages = pages;
        cursor._segment = count == 1 ? segments : pages != null ? segments + (offset >> 12) : Find(segments, count, offset);
    }

    /// <summary>True when the backing is a list of single 4 KiB pages, which <see cref="FirstPage"/> and
    /// <see cref="DistancesAt"/> then tell.</summary>
    public readonly bool IsPageList => _pages != null;

    public readonly SegmentKind Kind => _segment->Kind;

    /// <summary>Physical address of the first page, for page lists only.</summary>
    public readonly ulong FirstPage => _pages->First;

    /// <summary>How many pages the pages from a byte offset on are behind the first, for page lists only.</summary>
    public readonly int* DistancesAt(ulong offset) => PageList.DistancesOf(_pages) + (offset >> 12);

    /// <summary>Moves to a byte offset inside the backing, not before the current segment. In a page list that is one step, however
    /// far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveTo(ulong offset)
    {
        // SAFETY: a page list has a segment for each page. In other backings the sentinel's offset is the backing's size, and the offset is
        // below it, so the loop ends on a real segment.
        if (IsPageList)
        {
            _segment += (offset - _segment->Offset) >> 12;
            return;
        }

        while (offset >= _segment[1].Offset)
            _segment++;
    }

    /// <summary>Physical address at a byte offset inside the current segment.</summary>
    public readonly ulong AddressAt(ulong offset) => _segment->Address + (offset - _segment->Offset);

    /// <summary>Bytes from an offset to the end of the current segment.</summary>
    public readonly ulong LeftAt(ulong offset) => _segment[1].Offset - offset;

    // SAFETY: the search stays inside [0, count).
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Segment* Find(Segment* segments, int count, ulong offset)
    {
        int low = 0, high = count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (segments[middle].Offset <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return segments + low;
    }
}
