namespace XePt.Memory;

/// <summary>Objects by small numbers from 1; a new one gets the lowest free number (BIND-008). Look-ups are one array access; the lowest
/// free number and the lowest in
/// use are found in a few steps however many there are.</summary>
/// <remarks>Concurrency: looking up takes no lock: the array is replaced, never moved, and each entry is published by a release store.
/// Adding and removing take the gate, so clients of several threads may create, use and close objects at the same time. A number may come
/// to stand for another object between a look-up and a removal, so whoever removes what it looked up names the object, too: exactly one of
/// several closers gets it.</remarks>
internal sealed class HandleTable<T>
    where T : class
{
    private SpinGate _gate;
    private T?[] _items = new T?[8];
    private readonly NumberSet _used = new();
    private readonly NumberSet _freed = new();
    private int _top = 1;
    private bool _isSealed;

    public int Count { get; private set; }

    /// <summary>The objects with their numbers, rising.</summary>
    public IEnumerable<(uint Handle, T Item)> Items
    {
        get
        {
            T?[] items = Volatile.Read(ref _items);
            for (int handle = 1; handle < items.Length; handle++)
            {
                if (Volatile.Read(ref items[handle]) is { } item)
                    yield return ((uint)handle, item);
            }
        }
    }

    /// <summary>The object with the lowest number, or null.</summary>
    public T? First
    {
        get
        {
            _gate.Enter();
            int handle = _used.First;
            T? item = handle < 0 ? null : _items[handle];
            _gate.Exit();
            return item;
        }
    }

    /// <summary>Adds an object.</summary>
    /// <returns>Its number; 0 when the table is sealed.</returns>
    public uint Add(T item) => Add(_ => item);

    /// <summary>Adds an object that wants to know its number.</summary>
    /// <returns>Its number; 0 when the table is sealed, and then no object was made.</returns>
    public uint Add(Func<uint, T> create)
    {
        _gate.Enter();
        try
        {
            if (_isSealed)
                return 0;
            int freed = _freed.First, handle = freed < 0 ? _top : freed;
            if (handle == _items.Length)
                Grow();
            Volatile.Write(ref _items[handle], create((uint)handle));
            if (freed < 0)
                _top++;
            else
                _freed.Remove(freed);
            _used.Add(handle);
            Count++;
            return (uint)handle;
        }
        finally
        {
            _gate.Exit();
        }
    }

    public T? Find(uint handle)
    {
        T?[] items = Volatile.Read(ref _items);
        return handle < (uint)items.Length ? Volatile.Read(ref items[handle]) : null;
    }

    /// <summary>Frees a number; the object it stood for, or null.</summary>
    public T? Remove(uint handle)
    {
        _gate.Enter();
        T? item = Find(handle);
        if (item is not null)
            Free((int)handle);
        _gate.Exit();
        return item;
    }

    /// <summary>Frees the number of an object; false when it does not stand for that object any more.</summary>
    public bool TryRemove(uint handle, T item)
    {
        _gate.Enter();
        bool isThere = ReferenceEquals(Find(handle), item);
        if (isThere)
            Free((int)handle);
        _gate.Exit();
        return isThere;
    }

    /// <summary>Frees the lowest number in use; the object it stood for, or null when there is none.</summary>
    public T? TakeFirst()
    {
        _gate.Enter();
        int handle = _used.First;
        T? item = handle < 0 ? null : _items[handle];
        if (item is not null)
            Free(handle);
        _gate.Exit();
        return item;
    }

    /// <summary>From now on nothing is added, so that whoever empties the table comes to an end.</summary>
    public void Seal()
    {
        _gate.Enter();
        _isSealed = true;
        _gate.Exit();
    }

    private void Free(int handle)
    {
        Volatile.Write(ref _items[handle], null);
        _used.Remove(handle);
        _freed.Add(handle);
        Count--;
    }

    private void Grow()
    {
        var larger = new T?[_items.Length * 2];
        _items.CopyTo(larger, 0);
        Volatile.Write(ref _items, larger);
    }
}
