namespace XePt.Memory;

/// <summary>Something that any thread may hand back to the one thread that hands it out.</summary>
internal interface IReturnable<T>
    where T : class, IReturnable<T>
{
    /// <summary>Next returned item; belongs to the stack while the item is in it.</summary>
    T? NextReturned { get; set; }
}

/// <summary>
/// A pool with one renter and any number of returners: finished jobs, legs and waits come back from whichever thread finished them.
/// </summary>
/// <remarks>Concurrency: returning pushes by an interlocked exchange; the renter takes the whole stack by one exchange and then pops from its
/// private list. Nothing is ever popped from the shared stack one by one, so an item that comes back early cannot confuse a pop (no ABA).</remarks>
internal struct ReturnStack<T>
    where T : class, IReturnable<T>
{
    private T? _returned;
    private T? _own;

    /// <summary>Something was given back since it was taken last.</summary>
    public readonly bool HasReturned => Volatile.Read(in _returned) is not null;

    /// <summary>Any thread: gives an item back.</summary>
    public void Return(T item)
    {
        T? head = Volatile.Read(ref _returned);
        while (true)
        {
            item.NextReturned = head;
            T? found = Interlocked.CompareExchange(ref _returned, item, head);
            if (ReferenceEquals(found, head))
                return;
            head = found;
        }
    }

    /// <summary>The renter: an item, or null when none is free.</summary>
    public T? Rent()
    {
        T? item = _own ?? TakeReturned();
        if (item is null)
            return null;

        _own = item.NextReturned;
        item.NextReturned = null;
        return item;
    }

    /// <summary>The renter: everything returned since the last call, newest first, unlinked by following <see cref="IReturnable{T}.NextReturned"/>.</summary>
    public T? TakeReturned() => Volatile.Read(ref _returned) is null ? null : Interlocked.Exchange(ref _returned, null);
}
