namespace XePt.Memory;

/// <summary>A list that several threads change now and then and anybody may walk. Whoever walks first after a change makes the array that
/// all walk; changing copies
/// nothing.</summary>
/// <remarks>Concurrency: changing takes the gate, forgets the array and leaves; walking reads the array, or makes it under the gate. Who
/// knows, by other means, of
/// a change that was made before finds no older array. Keeps the order of addition.</remarks>
internal sealed class SharedList<T>
    where T : class
{
    private readonly OrderedSet<T> _items = new();
    private SpinGate _gate;
    private T[]? _array = [];

    /// <summary>The items as of now; the array never changes.</summary>
    public T[] Items => Volatile.Read(ref _array) ?? MakeArray();

    /// <summary>How many items there are.</summary>
    public int Count
    {
        get
        {
            _gate.Enter();
            int count = _items.Count;
            _gate.Exit();
            return count;
        }
    }

    public void Add(T item)
    {
        _gate.Enter();
        if (_items.Add(item))
            Volatile.Write(ref _array, null);
        _gate.Exit();
    }

    public void Remove(T item)
    {
        _gate.Enter();
        if (_items.Remove(item))
            Volatile.Write(ref _array, null);
        _gate.Exit();
    }

    private T[] MakeArray()
    {
        _gate.Enter();
        T[] array = _array ?? _items.ToArray();
        Volatile.Write(ref _array, array);
        _gate.Exit();
        return array;
    }
}
