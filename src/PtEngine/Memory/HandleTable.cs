namespace XePt.Memory;

/// <summary>Objects by small numbers from 1; a new one gets the lowest free number (BIND-008). Look-ups are one array access.</summary>
internal sealed class HandleTable<T>
    where T : class
{
    private readonly List<T?> _items = [null];
    private int _lowestFree = 1;

    public int Count { get; private set; }

    /// <summary>The number the next object will get.</summary>
    public uint NextHandle => (uint)_lowestFree;

    /// <summary>The objects with their numbers, rising.</summary>
    public IEnumerable<(uint Handle, T Item)> Items => _items.Select((item, handle) => ((uint)handle, item!)).Where(entry => entry.Item2 is not null);

    public uint Add(T item)
    {
        int handle = _lowestFree;
        if (handle == _items.Count)
            _items.Add(item);
        else
            _items[handle] = item;
        while (_lowestFree < _items.Count && _items[_lowestFree] is not null)
            _lowestFree++;
        Count++;
        return (uint)handle;
    }

    public T? Find(uint handle) => handle < (uint)_items.Count ? _items[(int)handle] : null;

    /// <summary>Frees a number; the object it stood for, or null.</summary>
    public T? Remove(uint handle)
    {
        T? item = Find(handle);
        if (item is null)
            return null;

        _items[(int)handle] = null;
        _lowestFree = Math.Min(_lowestFree, (int)handle);
        Count--;
        return item;
    }
}
