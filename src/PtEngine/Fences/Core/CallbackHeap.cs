namespace XePt.Fences;

/// <summary>
/// Callbacks that wait for points of one timeline, the earliest point first and of one point the one that was added first. A pairing heap
/// whose links are in the nodes: adding takes one step, taking the first of <em>n</em> on average log <em>n</em>, and nothing is allocated.
/// </summary>
/// <remarks>Concurrency: none but <see cref="IsEmpty"/>; the timeline lets one thread in at a time. Whoever relies on <see cref="IsEmpty"/>
/// must have a full barrier between what the other side looks at and this look.</remarks>
internal struct CallbackHeap
{
    private FenceCallback? _first;
    private ulong _added;

    public readonly bool IsEmpty => Volatile.Read(in _first) is null;

    /// <summary>Callbacks in the heap, cancelled ones included.</summary>
    public int Count { get; private set; }

    /// <summary>Point of the first; beyond all points when there is none.</summary>
    public readonly ulong Earliest => _first?.Seqno ?? ulong.MaxValue;

    public void Add(FenceCallback node)
    {
        node.Order = ++_added;
        Insert(node);
    }

    /// <summary>Takes the first, which must be there.</summary>
    public FenceCallback Take()
    {
        FenceCallback taken = _first!;
        Volatile.Write(ref _first, JoinAll(taken.FirstChild));
        taken.FirstChild = null;
        Count--;
        return taken;
    }

    /// <summary>Takes out all that were cancelled; linked by <see cref="FenceCallback.NextCallback"/>.</summary>
    public FenceCallback? TakeCancelled()
    {
        FenceCallback? dropped = null, left = _first;
        (_first, Count) = (null, 0);
        while (left is not null)
        {
            FenceCallback node = left;
            left = node.NextCallback;
            for (FenceCallback? child = node.FirstChild; child is not null;)
            {
                FenceCallback next = child;
                child = next.NextCallback;
                (next.NextCallback, left) = (left, next);
            }

            node.FirstChild = null;
            if (node.IsCancelled)
                (node.NextCallback, dropped) = (dropped, node);
            else
                Insert(node);
        }

        return dropped;
    }

    private void Insert(FenceCallback node)
    {
        (node.NextCallback, node.FirstChild) = (null, null);
        Volatile.Write(ref _first, _first is null ? node : Join(_first, node));
        Count++;
    }

    /// <summary>The later of two trees becomes a child of the earlier one.</summary>
    private static FenceCallback Join(FenceCallback one, FenceCallback other)
    {
        if (other.Seqno < one.Seqno || (other.Seqno == one.Seqno && other.Order < one.Order))
            (one, other) = (other, one);
        (other.NextCallback, one.FirstChild) = (one.FirstChild, other);
        return one;
    }

    /// <summary>Joins trees in pairs from left to right, then the pairs from right to left, which keeps the heap flat.</summary>
    private static FenceCallback? JoinAll(FenceCallback? trees)
    {
        FenceCallback? pairs = null;
        while (trees is not null)
        {
            FenceCallback pair = trees;
            FenceCallback? other = pair.NextCallback;
            trees = other?.NextCallback;
            pair.NextCallback = null;
            if (other is not null)
            {
                other.NextCallback = null;
                pair = Join(pair, other);
            }

            (pair.NextCallback, pairs) = (pairs, pair);
        }

        FenceCallback? all = null;
        while (pairs is not null)
        {
            FenceCallback pair = pairs;
            pairs = pair.NextCallback;
            pair.NextCallback = null;
            all = all is null ? pair : Join(all, pair);
        }

        return all;
    }
}
