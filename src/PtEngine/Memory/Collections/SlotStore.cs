using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// Fixed-size records in unmanaged chunks that never move, named by small numbers from 1 (0 = none).
/// Rent and return are a stack, so undoing in reverse order restores the store exactly. The stack is linked through the first word of the
/// slots that are free, so that a return takes no memory and cannot fail. Single writer.
/// </summary>
internal sealed unsafe class SlotStore<T>(AllocationGate gate) : IDisposable
    where T : unmanaged
{
    private const int ChunkShift = 10;
    private const int ChunkSlots = 1 << ChunkShift;

    // The first chunks are blocks of their own, so that small stores stay small; later ones share blocks of huge pages.
    private const int SmallChunks = 16;
    private T** _book;
    private int _bookLength;
    private int _chunkCount;
    private int _free;
    private int _top = 1;

    /// <summary>Slots in use.</summary>
    public int Count { get; private set; }

    private static int ChunkBytes => ChunkSlots * sizeof(T);

    private static int ChunksPerBlock => (NativeBlocks.HugePage + ChunkBytes - 1) / ChunkBytes;

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
    public int Rent()
    {
        Rent(out int slot);
        return slot;
    }

    /// <summary>A zeroed slot and its record; slot 0 and a null reference when memory for it could not be had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Rent(out int slot)
    {
        slot = 0;
        if (!gate.Allow() || (_free == 0 && !TryTakeNew()))
            return ref Unsafe.NullRef<T>();

        slot = _free;
        ref T item = ref this[slot];
        _free = NextFree(ref item);
        Count++;
        item = default;
        return ref item;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Return(int slot) => Return(slot, ref this[slot]);

    /// <summary>The same for who has its record at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Return(int slot, ref T item)
    {
        Debug.Assert(Unsafe.AreSame(ref item, ref this[slot]));
        Count--;
        NextFree(ref item) = _free;
        _free = slot;
    }

    public void Dispose()
    {
        // SAFETY: the book holds as many blocks; nobody may use the store after this.
        for (int i = 0; i < _chunkCount; i += ChunksFrom(i))
            NativeBlocks.ReturnAligned(_book[i]);
        NativeBlocks.Return(_book);
    }

    /// <summary>Of a free slot, the next one; 0 at the end.</summary>
    // SAFETY: a record is no smaller than a number, and nobody reads one that is free.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref int NextFree(ref T item) => ref Unsafe.As<T, int>(ref item);

    /// <summary>Makes one slot more, the only free one; false when memory for it could not be had.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakeNew()
    {
        if (!EnsureChunk(_top >> ChunkShift))
            return false;
        _free = _top++;
        NextFree(ref this[_free]) = 0;
        return true;
    }

    private bool EnsureChunk(int chunk)
    {
        if (chunk < _chunkCount)
            return true;
        int chunks = ChunksFrom(chunk);
        if (chunk + chunks > _bookLength && !TryGrowBook(chunk + chunks))
            return false;

        nuint bytes = (nuint)chunks * (nuint)ChunkBytes;
        var made = (T*)(chunk < SmallChunks ? NativeBlocks.TryTakeAligned(bytes) : NativeBlocks.TryTakeHuge(bytes));
        if (made == null)
            return false;

        // SAFETY: chunks come one after the other, so the numbers are below the length of the book.
        for (int i = 0; i < chunks; i++)
            _book[_chunkCount++] = made + (i * ChunkSlots);
        return true;
    }

    /// <summary>Chunks of the block that begins with a chunk.</summary>
    private static int ChunksFrom(int chunk) => chunk < SmallChunks ? 1 : ChunksPerBlock;

    private bool TryGrowBook(int needed)
    {
        int length = Math.Max(Math.Max(16, _bookLength * 2), needed);
        var larger = (T**)NativeBlocks.TryResize(_book, (nuint)length * (nuint)sizeof(T*));
        if (larger == null)
            return false;
        _book = larger;
        _bookLength = length;
        return true;
    }
}
