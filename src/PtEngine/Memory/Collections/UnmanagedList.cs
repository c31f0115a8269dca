using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// A growable array in unmanaged memory for work lists of the bind road. It is emptied, not freed, between requests, so a steady
/// state allocates nothing. Single writer; references into it are invalid after the next <see cref="TryAdd"/>.
/// </summary>
internal sealed unsafe class UnmanagedList<T>(AllocationGate gate, int initialCapacity = 64) : IDisposable
    where T : unmanaged
{
    private T* _items;
    private int _capacity;

    public int Count { get; private set; }

    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert((uint)index < (uint)Count);
            // SAFETY: callers index below Count, and the block holds at least Count items until Dispose.
            return ref _items[(uint)index];
        }
    }

    // SAFETY: the span covers exactly the items in use; it dies with the next TryAdd, as the type says.
    public ReadOnlySpan<T> Items => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef<T>(_items), Count);

    /// <summary>Appends an item; false when memory for it could not be had, and then nothing changed.</summary>
    public bool TryAdd(in T item)
    {
        if (Count == _capacity && !Grow(Count + 1))
            return false;

        // SAFETY: Count < _capacity after the check above.
        _items[Count++] = item;
        return true;
    }

    /// <summary>Appends a default item to be filled in where it lies; a null reference when memory for it could not be had.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T TryAppend()
    {
        int count = Count;
        if (count == _capacity && !Grow(count + 1))
            return ref Unsafe.NullRef<T>();

        // SAFETY: count < _capacity after the check above.
        ref T item = ref _items[(uint)count];
        Count = count + 1;
        item = default;
        return ref item;
    }

    /// <summary>Makes room so that the next <paramref name="extra"/> additions cannot fail.</summary>
    public bool TryReserve(int extra) => Count + extra <= _capacity || Grow(Count + extra);

    /// <summary>Forgets the items from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        Debug.Assert((uint)count <= (uint)Count);
        Count = count;
    }

    public void Clear() => Count = 0;

    public void Dispose()
    {
        // SAFETY: the block came from NativeMemory or is null; nobody may use the list after this.
        NativeMemory.Free(_items);
        _items = null;
        _capacity = Count = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Grow(int needed)
    {
        if (!gate.Allow())
            return false;

        int capacity = Math.Max(Math.Max(initialCapacity, needed), _capacity * 2);
        // SAFETY: Realloc keeps the first Count items and is given the block this list owns.
        _items = (T*)NativeMemory.Realloc(_items, (nuint)capacity * (nuint)sizeof(T));
        _capacity = capacity;
        return true;
    }
}
