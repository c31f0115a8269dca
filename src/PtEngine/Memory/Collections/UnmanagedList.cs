using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Memory;

/// <summary>
/// A growable array in unmanaged memory for work lists of the bind road. It is emptied, not freed, between requests, so a steady
/// state allocates nothing. Single writer; references into it are invalid after the next <see cref="TryAdd"/>.
/// </summary>
/// <remarks>A value that its owner has as a field and hands on by reference, for the road asks such lists all the time and each step to
/// them counts; a copy would not see what is added.</remarks>
internal unsafe struct UnmanagedList<T> : IDisposable
    where T : unmanaged
{
    private const int DefaultCapacity = 64;

    private readonly AllocationGate _gate;
    private readonly T* _own;
    private readonly int _ownCapacity;
    private readonly int _initialCapacity;
    private T* _items;
    private T* _block;
    private int _capacity;

    /// <summary>An empty list that takes memory with its first item.</summary>
    /// <param name="gate">Is asked at each growth.</param>
    /// <param name="initialCapacity">Items that fit into its first block.</param>
    public UnmanagedList(AllocationGate gate, int initialCapacity = DefaultCapacity)
        : this(gate, null, 0) => _initialCapacity = initialCapacity;

    /// <summary>An empty list that begins in room of its owner's, so that as many additions cannot fail.</summary>
    /// <param name="gate">Is asked at each growth.</param>
    /// <param name="own">The room; it outlives the list.</param>
    /// <param name="ownCapacity">Items that fit there.</param>
    public UnmanagedList(AllocationGate gate, T* own, int ownCapacity)
    {
        (_gate, _ownCapacity, _capacity, _initialCapacity) = (gate, ownCapacity, ownCapacity, DefaultCapacity);
        _own = _items = own;
    }

    public int Count { readonly get; private set; }

    public readonly ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert((uint)index < (uint)Count);
            // SAFETY: callers index below Count, and the block holds at least Count items until Dispose.
            return ref _items[(uint)index];
        }
    }

    /// <summary>The first item; no item when there is none. As long as <see cref="Items"/>.</summary>
    public readonly T* First => _items;

    /// <summary>Behind the last item.</summary>
    public readonly T* End => _items + (uint)Count;

    // SAFETY: the span covers exactly the items in use; it dies with the next TryAdd, as the type says.
    public readonly ReadOnlySpan<T> Items => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef<T>(_items), Count);

    /// <summary>Appends an item; false when memory for it could not be had, and then nothing changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAdd(in T item)
    {
        int count = Count;
        if (count == _capacity && !Grow(count + 1))
            return false;

        // SAFETY: count < _capacity after the check above.
        _items[(uint)count] = item;
        Count = count + 1;
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

    /// <summary>Appends an item, whose content is undefined, into room that <see cref="TryReserve"/> has made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T AppendReserved()
    {
        Debug.Assert(Count < _capacity);
        // SAFETY: callers have reserved.
        return ref _items[(uint)Count++];
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
        Clear();
        GiveBlockBack();
    }

    /// <summary>Goes back to the owner's room if it has grown beyond <paramref name="bytes"/>. The list is empty.</summary>
    public void Trim(nuint bytes)
    {
        Debug.Assert(Count == 0);
        if (_block != null && (nuint)_capacity * (nuint)sizeof(T) > bytes)
            GiveBlockBack();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Grow(int needed)
    {
        if (!_gate.Allow())
            return false;

        int capacity = Math.Max(Math.Max(_initialCapacity, needed), _capacity * 2);
        var block = (T*)NativeBlocks.TryResize(_block, (nuint)capacity * (nuint)sizeof(T));
        if (block == null)
            return false;

        // SAFETY: resizing has kept what was in the old block; what was in the owner's room is copied, and fits.
        if (_block == null)
            Items.CopyTo(new Span<T>(block, capacity));
        _items = _block = block;
        _capacity = capacity;
        return true;
    }

    private void GiveBlockBack()
    {
        NativeBlocks.Return(_block);
        _block = null;
        _items = _own;
        _capacity = _ownCapacity;
    }
}
