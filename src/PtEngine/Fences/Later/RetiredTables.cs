using XePt.Epochs;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// Tables of one VM on one tile that no entry links any more but a walker may still be in. They go back to the cache in the order they
/// came, once the epoch domain says that nobody can see them.
/// </summary>
/// <remarks>
/// The writer side of one VM, one thread at a time. The list is linked through the page records, so retiring needs no memory and cannot
/// fail. It holds single pages, not subtrees: the work of one <see cref="Reclaim"/> is bounded by pages, while readers hold things back.
/// What a call could not free hangs on the readers, once, however many calls add to it; when they have left, the harvest frees it. Until
/// then calls look at the readers only when much has come: each look takes the cache lines from them that they use in every refresh. Who
/// holds much is in a hurry (<see cref="MostUnhurried"/>), and where the pool has no other page, what is held is looked at once more.
/// </remarks>
internal sealed unsafe class RetiredTables(TableStore store, PageCache cache, LaterList later) : Later(later), IPageReserve
{
    /// <summary>A look that leaves fewer tables waits until a reader that has let go of them happens to tell; one that leaves so many has
    /// the next refresh tell.</summary>
    public const int MostUnhurried = 256;

    private const int PagesPerCall = 256, RetiredPerLook = 64;

    private int _first;
    private int _last;
    private int _newlyRetired;
    private bool _isSeen;
    private bool _awaitsReaders;

    /// <summary>Tables retired so far.</summary>
    public long RetiredCount { get; private set; }

    /// <summary>Of these, tables freed so far.</summary>
    public long FreedCount { get; private set; }

    /// <summary>Nothing waits.</summary>
    public bool IsEmpty => _first == 0;

    /// <summary>Retires a table and everything below it, children before parents (PT-060). The caller has unlinked it, with a full fence
    /// behind.</summary>
    public void Retire(int table) => Retire(table, store.Epochs.Current);

    /// <summary>Retires tables that flushes protect no more, with everything below them; while nobody is pinned they are freed at once. The
    /// caller has unlinked them, with a full fence behind.</summary>
    /// <param name="tables">Their pages; 0 stands for none.</param>
    /// <remarks>Concurrency: whoever has reached one of them had pinned before the unlink, so the look at the pins cannot miss it (<see
    /// cref="EpochDomain"/>). What waits already goes first.</remarks>
    public void Release(ReadOnlySpan<int> tables)
    {
        int at = tables.IndexOfAnyExcept(0);
        if (at < 0)
            return;

        bool isUnseen = _first == 0 && !store.Epochs.HasReaders;
        foreach (int table in tables[at..])
        {
            if (table == 0)
                continue;
            if (isUnseen)
                Free(table);
            else
                Retire(table);
        }

        if (isUnseen)
            cache.Trim();
    }

    /// <summary>Frees what nobody can see any more: everything when no reader is pinned, else a bounded number, and the rest with later
    /// calls or when readers have left. While readers are waited for, and little has come since the last look, it does nothing.</summary>
    public void Reclaim()
    {
        if (!_isSeen || !_awaitsReaders || _newlyRetired >= RetiredPerLook)
            Look();
    }

    /// <summary>Readers have left.</summary>
    public override void Settle()
    {
        _awaitsReaders = false;
        Reclaim();
    }

    /// <summary>Frees what nobody can see any more, as <see cref="Reclaim"/>, however little has come.</summary>
    public void Look()
    {
        if (_first == 0)
            return;
        FreeUnseen();
        if (_first == 0)
            return;
        if (!_awaitsReaders)
        {
            _awaitsReaders = true;
            AwaitReaders(store.Epochs);
        }

        if (RetiredCount - FreedCount >= MostUnhurried)
            store.Epochs.Hurry();
    }

    /// <summary>The same, but nobody waits for the rest.</summary>
    public void FreeUnseen()
    {
        store.Epochs.Advance();
        long safe = store.Epochs.SafeBefore(out bool hasReaders);
        // Twice what came in, so that a backlog shrinks whatever one request retires.
        int most = hasReaders ? PagesPerCall + (2 * _newlyRetired) : int.MaxValue;
        _newlyRetired = 0;
        _isSeen = false;
        while (_first != 0 && most-- > 0)
        {
            int page = _first;
            ref readonly TablePage info = ref store.Pool.Page(page);
            _isSeen = info.RetiredIn >= safe;
            if (_isSeen)
                break;
            _first = info.Next;
            cache.Return(page);
            FreedCount++;
        }

        cache.Trim();
    }

    /// <summary>The VM goes, and what still waits is kept by somebody else.</summary>
    /// <param name="count">How many tables.</param>
    /// <returns>The first page of a list linked by <see cref="TablePage.Next"/>, or 0.</returns>
    public int Abandon(out int count)
    {
        count = (int)(RetiredCount - FreedCount);
        int first = _first;
        _first = 0;
        return first;
    }

    private void Free(int table)
    {
        ref TablePage info = ref store.Pool.Page(table);
        if (info.Children != null)
            FreeChildren(info);
        cache.Return(table);
        RetiredCount++;
        FreedCount++;
    }

    private void FreeChildren(in TablePage info)
    {
        int child = info.SoleChild();
        if (child != 0)
        {
            Free(child);
            return;
        }

        // SAFETY: a directory's array has 512 numbers, each 0 or a rented page.
        var children = new ReadOnlySpan<int>(info.Children, PageTablePool.EntriesPerTable);
        if (info.Level == 1)
        {
            int leaves = cache.ReturnLeaves(children);
            RetiredCount += leaves;
            FreedCount += leaves;
            return;
        }

        for (int i; (i = children.IndexOfAnyExcept(0)) >= 0; children = children[(i + 1)..])
            Free(children[i]);
    }

    private void RetireChildren(in TablePage info, long epoch)
    {
        // SAFETY: a directory's array has 512 numbers, each 0 or a rented page.
        var children = new ReadOnlySpan<int>(info.Children, PageTablePool.EntriesPerTable);
        for (int i; (i = children.IndexOfAnyExcept(0)) >= 0; children = children[(i + 1)..])
            Retire(children[i], epoch);
    }

    private void Retire(int table, long epoch)
    {
        // The record stays where it is and its links are not used while the table is rented.
        ref TablePage info = ref store.Pool.Page(table);
        if (info.Children != null)
        {
            // Most directories that go have one child, and looking for others is what costs.
            int child = info.SoleChild();
            if (child != 0)
                Retire(child, epoch);
            else
                RetireChildren(info, epoch);
        }

        info.RetiredIn = epoch;
        info.Next = 0;
        if (_first != 0)
            store.Pool.Page(_last).Next = table;
        else
            _first = table;
        _last = table;
        RetiredCount++;
        _newlyRetired++;
    }
}
