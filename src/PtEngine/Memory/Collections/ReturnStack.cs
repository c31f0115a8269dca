namespace XePt.Memory;

/// <summary>Something that any thread may hand back to the one thread that hands it out.</summary>
internal interface IReturnable<T>
    where T : class, IReturnable<T>
{
    /// <summary>Next returned item; belongs to the stack while the item is in it.</summary>
    ref T? NextReturned { get; }
}

/// <summary>
/// A pool with one renter and any number of returners: finished jobs, legs and waits come back from whichever thread finished them.
/// </summary>
/// <remarks>Concurrency: what was returned is a <see cref="PushStack"/>; the renter takes all of it and then pops from its private
/// list.</remarks>
internal struct ReturnStack<T>
    where T : class, IReturnable<T>
{
    private T? _returned;
    private T? _own;

    /// <summary>Something was given back since it was taken last.</summary>
    public readonly bool HasReturned => Volatile.Read(in _returned) is not null;

    /// <summary>Any thread: gives an item back.</summary>
    public void Return(T item) => PushStack.Push(ref _returned, item, ref item.NextReturned);

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

    /// <summary>The renter: everything returned since the last call, newest first, unlinked by following
    /// <see cref="IReturnable{T}.NextReturned"/>.</summary>
    public T? TakeReturned() => PushStack.TakeAll(ref _returned);
}
