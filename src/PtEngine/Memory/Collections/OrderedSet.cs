using System.Collections;

namespace XePt.Memory;

/// <summary>Items in the order they were added; adding and taking away cost the same however many there are.</summary>
/// <remarks>Concurrency: none; its owner has a gate.</remarks>
internal sealed class OrderedSet<T> : IEnumerable<T>
    where T : class
{
    private readonly LinkedList<T> _items = [];
    private readonly Dictionary<T, LinkedListNode<T>> _places = [];

    public int Count => _items.Count;

    /// <summary>The oldest, for who goes through them by <see cref="LinkedListNode{T}.Next"/>.</summary>
    public LinkedListNode<T>? First => _items.First;

    public LinkedListNode<T>? Last => _items.Last;

    /// <summary>Adds an item behind all others; false when it is there.</summary>
    public bool Add(T item)
    {
        if (!_places.TryAdd(item, null!))
            return false;
        _places[item] = _items.AddLast(item);
        return true;
    }

    /// <summary>Takes an item away; false when it is not there.</summary>
    public bool Remove(T item)
    {
        if (!_places.Remove(item, out LinkedListNode<T>? place))
            return false;
        _items.Remove(place);
        return true;
    }

    public T[] ToArray() => [.. _items];

    public LinkedList<T>.Enumerator GetEnumerator() => _items.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
