namespace XePt.Memory;

/// <summary>A short list that several threads change now and then and anybody may walk: every change makes a new array.</summary>
/// <remarks>Concurrency: walking reads the array that was published last; changing takes the gate. Keeps the order of addition.</remarks>
internal sealed class SharedList<T>
    where T : class
{
    private SpinGate _gate;
    private T[] _items = [];

    /// <summary>The items as of now; the array never changes.</summary>
    public T[] Items => Volatile.Read(ref _items);

    public void Add(T item)
    {
        _gate.Enter();
        Volatile.Write(ref _items, [.. _items, item]);
        _gate.Exit();
    }

    public void Remove(T item)
    {
        _gate.Enter();
        Volatile.Write(ref _items, Array.FindAll(_items, other => !ReferenceEquals(other, item)));
        _gate.Exit();
    }
}
