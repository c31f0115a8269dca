using XePt.Memory;

namespace XePt.Epochs;

/// <summary>Retired tables of closed VMs that walkers were still in. The device frees them when walkers have left.</summary>
/// <remarks>
/// Lock-free, any thread: lists are added by compare-exchange and taken whole by one exchange, never page by page, so no link of a page
/// that somebody else has taken is followed. What cannot be freed yet is added again.
/// </remarks>
internal sealed class OrphanedTables(PageTablePool pool, EpochDomain epochs)
{
    private int _first;
    private int _pending;

    /// <summary>Tables that wait; those that a thread is just looking at included.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public bool IsEmpty => Volatile.Read(ref _first) == 0;

    /// <summary>Adds a list of retired pages, linked by <see cref="TablePage.Next"/>.</summary>
    public void Add(int first, int last, int count)
    {
        Interlocked.Add(ref _pending, count);
        Push(first, last);
    }

    /// <summary>Returns to a cache what no reader can see any more.</summary>
    public void Reclaim(PageCache cache)
    {
        epochs.Advance();
        long safe = epochs.SafeBefore(out _);
        int page = Interlocked.Exchange(ref _first, 0);
        (int first, int last, int freed) = (0, 0, 0);
        while (page != 0)
        {
            ref TablePage info = ref pool.Page(page);
            int next = info.Next;
            if (info.RetiredIn < safe)
            {
                cache.Return(page);
                freed++;
            }
            else
            {
                info.Next = first;
                last = first == 0 ? page : last;
                first = page;
            }

            page = next;
        }

        if (first != 0)
            Push(first, last);
        Interlocked.Add(ref _pending, -freed);
    }

    private void Push(int first, int last)
    {
        int head;
        do
        {
            head = Volatile.Read(ref _first);
            pool.Page(last).Next = head;
        }
        while (Interlocked.CompareExchange(ref _first, first, head) != head);
    }
}
