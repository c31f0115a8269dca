using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// Fixed-size records in unmanaged chunks that never move, named by small numbers from 1 (0 = none).
/// Rent and return are a stack, so undoing in reverse order restores the store exactly. Single writer.
/// </summary>
internal sealed unsafe class SlotStore<T>(AllocationGate gate) : IDisposable
    where T : unmanaged
{
    private const int ChunkShift = 10;
    private const int ChunkSlots = 1 << ChunkShift;

    private readonly List<nint> _chunks = [];
    private T** _book;
    private int _bookLength;
    private readonly UnmanagedList<int> _free = new(gate);
    private int _top = 1;

    /// <summary>Slots in use.</summary>
    public int Count { get; private set; }

    public ref T this[int slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert(slot > 0 && slot < _top);
            // SAFETY: slots below _top have their chunk, and chunks live until Dispose.
            return ref _book[(uint)slot >> ChunkShift][(uint)slot & (ChunkSlots - 1)];
        }
    }

    /// <summary>A zeroed slot, or 0 when memory for it could not be had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Rent()
    {
        if (!gate.Allow())
            return 0;

        int slot;
        if (_free.Count > 0)
        {
            slot = _free[_free.Count - 1];
            _free.Truncate(_free.Count - 1);
        }
        else
        {
            slot = TakeNew();
            if (slot == 0)
                return 0;
        }

        this[slot] = default;
        Count++;
        return slot;
    }

    public void Return(int slot)
    {
        Count--;
        bool added = _free.TryAdd(slot);
        Debug.Assert(added);
    }

    public void Dispose()
    {
        // SAFETY: all blocks came from NativeMemory; nobody may use the store after this.
        foreach (nint chunk in _chunks)
            NativeMemory.Free((void*)chunk);
        NativeMemory.Free(_book);
        _free.Dispose();
    }

    private int TakeNew()
    {
        // Room on the free list is made now, so that a return can never fail.
        if (!_free.TryReserve(Count + 1) || !EnsureChunk(_top >> ChunkShift))
            return 0;
        return _top++;
    }

    private bool EnsureChunk(int chunk)
    {
        if (chunk < _chunks.Count)
            return true;

        if (chunk == _bookLength)
        {
            _bookLength = Math.Max(16, _bookLength * 2);
            // SAFETY: Realloc keeps the pointers already there.
            _book = (T**)NativeMemory.Realloc(_book, (nuint)_bookLength * (nuint)sizeof(T*));
        }

        _book[chunk] = (T*)NativeMemory.Alloc(ChunkSlots, (nuint)sizeof(T));
        _chunks.Add((nint)_book[chunk]);
        return true;
    }
}
