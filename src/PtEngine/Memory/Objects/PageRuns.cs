using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// The pages behind an interval in memory of its own that is kept from one filling to the next: a list of pieces, and when every piece is
/// one page a list of the pages too, as a <see cref="Backing"/> has them. Addresses are final device addresses.
/// </summary>
/// <remarks>Pages in one piece, as those of most intervals are, need no block.</remarks>
// SAFETY: it lies where nothing moves, in a slot of a store, and is used in place only, never copied.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PageRuns
{
    // The only piece and the sentinel behind it, while there is no block.
    private Segment _piece, _end;
    private Segment* _block;
    private int _capacity;
    private bool _isPageList;

    /// <summary>Pieces of contiguous memory.</summary>
    public int Count { get; private set; }

    // SAFETY: the block holds _capacity + 1 segments and behind them a list of as many pages; Count is at most _capacity, or 1 without.
    public readonly ReadOnlySpan<Segment> Segments => new(First, Count);

    /// <summary>Makes room for as many pieces, losing what is there; false when the host has no memory.</summary>
    public bool TryReserve(int pieces)
    {
        Count = 0;
        if (pieces <= Math.Max(_capacity, 1))
            return true;
        nuint bytes = (((nuint)pieces + 1) * (nuint)sizeof(Segment)) + PageList.BytesFor(pieces);
        var block = (Segment*)NativeBlocks.TryTake(bytes);
        if (block == null)
            return false;
        if (_block != null)
            NativeBlocks.Return(_block);
        _block = block;
        _capacity = pieces;
        return true;
    }

    /// <summary>Begins a list; there is room for what will be added.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a page at an offset that is not below those before; continues the last piece where memory does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong offset, ulong address, SegmentKind kind)
    {
        if (Count > 0)
        {
            Segment last = First[Count - 1];
            if (last.Kind == kind && last.Address + (offset - last.Offset) == address)
                return;
        }

        First[Count++] = new Segment(offset, address, kind);
    }

    /// <summary>Ends the list at a size in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void End(ulong size)
    {
        First[Count] = new Segment(size, 0);
        _isPageList = PageList.CanHold(Segments, size);
        if (_isPageList)
            PageList.Make(Pages, Segments);
    }

    /// <summary>A cursor at a byte offset; offsets asked of it must not decrease.</summary>
    public readonly BackingCursor CursorAt(ulong offset)
    {
        BackingCursor.Put(First, Count, _isPageList ? Pages : null, offset, out BackingCursor cursor);
        return cursor;
    }

    /// <summary>Gives the memory back.</summary>
    public void Free()
    {
        if (_block != null)
            NativeBlocks.Return(_block);
        _block = null;
        _capacity = Count = 0;
    }

    // SAFETY: as above; _end follows _piece.
    private readonly Segment* First => _block != null ? _block : (Segment*)Unsafe.AsPointer(ref Unsafe.AsRef(in _piece));

    private readonly PageList* Pages => (PageList*)(_block + _capacity + 1);
}
