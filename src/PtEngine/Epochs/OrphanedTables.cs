using XePt.Memory;

namespace XePt.Epochs;

/// <summary>Retired tables of closed VMs that walkers were still in. The device frees them when walkers have left.</summary>
/// <remarks>Concurrency: any thread, a <see cref="PushStack"/> of lists of pages. What cannot be freed yet is added again.</remarks>
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
        PushStack.Push(ref _first, first, ref pool.Page(last).Next);
    }

    /// <summary>Returns to a cache what no reader can see any more.</summary>
    public void Reclaim(PageCache cache)
    {
        epochs.Advance();
        long safe = epochs.SafeBefore(out _);
        int page = PushStack.TakeAll(ref _first);
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
            PushStack.Push(ref _first, first, ref pool.Page(last).Next);
        Interlocked.Add(ref _pending, -freed);
    }
}
