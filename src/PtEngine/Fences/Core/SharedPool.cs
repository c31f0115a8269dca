using XePt.Memory;

namespace XePt.Fences;

/// <summary>A pool that any thread rents from and any thread returns to.</summary>
/// <remarks>Concurrency: returning is the lock-free push of <see cref="ReturnStack{T}"/>; renters take turns at a gate for a few loads and
/// stores, because popping one item off a shared stack without one would suffer from items that come back early.</remarks>
internal struct SharedPool<T>
    where T : class, IReturnable<T>
{
    private SpinGate _gate;
    private ReturnStack<T> _items;

    /// <summary>An item, or null when none is free.</summary>
    public T? Rent()
    {
        _gate.Enter();
        T? item = _items.Rent();
        _gate.Exit();
        return item;
    }

    /// <summary>Gives an item back.</summary>
    public void Return(T item) => _items.Return(item);
}
