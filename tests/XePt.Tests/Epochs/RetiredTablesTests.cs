using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;

namespace XePt.Tests.Epochs;

/// <summary>The list of tables that wait, on its own.</summary>
public sealed unsafe class RetiredTablesTests : IDisposable
{
    // Room for every page that the test of several threads rents, should a thread be held up with its pin.
    private readonly PageTablePool _pool = new(1UL << 32, 1UL << 27);
    private readonly EpochDomain _epochs = new();
    private readonly TableStore _store;
    private readonly PageCache _cache;
    private readonly RetiredTables _list;

    public RetiredTablesTests()
    {
        _store = new TableStore(_pool, _epochs);
        _cache = _pool.OpenCache(new AllocationGate());
        _list = new RetiredTables(_store, _cache, new LaterList(new WriterGate()));
    }

    public void Dispose() => _pool.Dispose();

    [Fact]
    [Rule("PT-060")]
    public void A_subtree_is_retired_whole_and_freed_children_first()
    {
        (int root, int first, int second, int leaf) = (_cache.Rent(2), _cache.Rent(1), _cache.Rent(1), _cache.Rent(0));
        Assert.True(_cache.TryOwnChildren(root) && _cache.TryOwnChildren(first));
        _pool.Page(root).Children[3] = first;
        _pool.Page(root).Children[511] = second;
        _pool.Page(first).Children[0] = leaf;
        _list.Retire(root);
        Assert.Equal((4, 0), (_list.RetiredCount, _list.FreedCount));
        Assert.Equal(4, _pool.RentedCount);

        _list.Reclaim();
        Assert.Equal((4, 4), (_list.RetiredCount, _list.FreedCount));
        Assert.Equal(0, _pool.RentedCount);
        Assert.Equal([root, second, first, leaf], [_cache.Rent(0), _cache.Rent(0), _cache.Rent(0), _cache.Rent(0)]);
    }

    [Fact]
    public void What_came_first_goes_first_and_what_came_after_a_pin_stays()
    {
        int before = _cache.Rent(0), after = _cache.Rent(0);
        _list.Retire(before);
        _epochs.Advance();
        long* pin = _epochs.Enter();
        _list.Retire(after);
        _list.Reclaim();
        Assert.Equal((2, 1), (_list.RetiredCount, _list.FreedCount));
        Assert.Equal(before, _cache.Rent(0));

        _epochs.Exit(pin);
        _list.Reclaim();
        Assert.Equal(2, _list.FreedCount);
    }

    [Fact]
    public void Retiring_and_freeing_allocate_nothing()
    {
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            for (int i = 0; i < 20; i++)
                _list.Retire(_cache.Rent(i % 3));
            _list.Reclaim();
        }
    }

    [Fact]
    public void What_readers_hold_goes_when_they_have_left_whoever_adds_to_it_meanwhile()
    {
        long* first = _epochs.Enter();
        _list.Retire(_cache.Rent(0));
        _list.Reclaim();
        long* second = _epochs.Enter();
        _list.Retire(_cache.Rent(0));
        _list.Reclaim();
        Assert.Equal((2, 0), (_list.RetiredCount, _list.FreedCount));
        _epochs.Exit(first);
        Assert.Equal(1, _list.FreedCount);
        _epochs.Exit(second);
        Assert.Equal(2, _list.FreedCount);
    }

    /// <summary>What readers hold is looked at again when it has grown by 64 tables, not with each call.</summary>
    [Fact]
    public void While_readers_hold_something_calls_look_at_them_when_much_has_come()
    {
        const int Look = 64;
        long* pin = _epochs.Enter();
        Retire(1);
        long epoch = _epochs.Current;
        for (int i = 0; i < Look - 1; i++)
            Retire(1);
        Assert.Equal((epoch, Look, 0), (_epochs.Current, (int)_list.RetiredCount, (int)_list.FreedCount));
        Retire(1);
        Assert.Equal(epoch + 1, _epochs.Current);
        Retire(Look - 1);
        Assert.Equal(epoch + 1, _epochs.Current);

        _epochs.Exit(pin);
        Assert.Equal((_list.RetiredCount, 0), (_list.FreedCount, _pool.RentedCount));
        Retire(1);
        Assert.Equal(0, _pool.RentedCount);
    }

    /// <summary>A reader that stays tells with its first refresh, then with the 65th after it, and when it leaves.</summary>
    [Fact]
    public void A_reader_that_stays_tells_now_and_then_and_when_it_leaves()
    {
        const int Silent = EpochDomain.SilentRefreshes;
        long* pin = _epochs.EnterToStay();
        Assert.Equal(1, Hold());
        _epochs.Refresh(pin);
        Assert.Equal(0, _pool.RentedCount);

        Assert.Equal(1, Hold());
        for (int i = 0; i < Silent; i++)
            _epochs.Refresh(pin);
        Assert.Equal(1, _pool.RentedCount);
        _epochs.Refresh(pin);
        Assert.Equal(0, _pool.RentedCount);

        Assert.Equal(1, Hold());
        _epochs.ExitFromStay(pin);
        Assert.Equal(0, _pool.RentedCount);
        // The next one in the same place is another.
        Assert.True(pin == _epochs.EnterToStay());
        Assert.Equal(1, Hold());
        _epochs.Refresh(pin);
        Assert.Equal(0, _pool.RentedCount);
        _epochs.ExitFromStay(pin);

        int Hold()
        {
            Retire(1);
            return _pool.RentedCount;
        }
    }

    /// <summary>What a reader that stays has not told is found by the call that looks again.</summary>
    [Fact]
    public void A_call_needs_no_reader_to_tell_it_what_is_free()
    {
        long* pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        Retire(1);
        _epochs.Refresh(pin);
        Assert.Equal(1, _pool.RentedCount);
        Retire(64);
        Assert.Equal(64, _pool.RentedCount);
        _epochs.ExitFromStay(pin);
        Assert.Equal(0, _pool.RentedCount);
    }

    /// <summary>With many tables, whether they come at once or not, no refresh is silent until they are told; the next may be.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void What_is_much_is_told_by_the_next_refresh(int calls)
    {
        const int Most = RetiredTables.MostUnhurried;
        long* pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        Assert.Equal(0, _pool.RentedCount);
        Retire(Most - 1);
        _epochs.Refresh(pin);
        Assert.Equal(Most - 1, _pool.RentedCount);
        _epochs.ExitFromStay(pin);

        pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        for (int i = 0; i < calls; i++)
            Retire(Most / calls);
        Assert.Equal(Most, _pool.RentedCount);
        _epochs.Refresh(pin);
        Assert.Equal(0, _pool.RentedCount);
        Retire(1);
        _epochs.Refresh(pin);
        Assert.Equal(1, _pool.RentedCount);
        _epochs.ExitFromStay(pin);
        Assert.Equal(0, _pool.RentedCount);
    }

    /// <summary>Nobody asks for the tables of a closed VM again, so no reader is silent about them, also when another wait hangs
    /// already.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tables_of_a_closed_VM_are_told_by_the_next_refresh(bool isAnotherWaiting)
    {
        var closed = new ClosedVms(_epochs, new AllocationGate());
        long* pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        if (isAnotherWaiting)
            Retire(1);
        int table = _cache.Rent(0);
        var other = new RetiredTables(_store, _cache, new LaterList(new WriterGate()));
        other.Retire(table);
        var left = new ClosedTables(closed, []);
        left.Add(_store, other.Abandon(out int count), count);
        closed.Add(left);
        Assert.Equal(1, closed.Pending);
        _epochs.Refresh(pin);
        // Whoever joined a wait is told with it, and may find that it waits for a little more.
        if (isAnotherWaiting)
            _epochs.Refresh(pin);
        Assert.Equal((0, 0), (closed.Pending, _pool.RentedCount));
        _epochs.ExitFromStay(pin);
    }

    /// <summary>Where the pool has no more pages, the owner's cache takes those that nobody can see any more, and no others.</summary>
    [Fact]
    public void Without_another_page_what_nobody_can_see_is_used()
    {
        using var pool = new PageTablePool(1UL << 32, 256 * PageTablePool.PageBytes);
        (PageCache cache, RetiredTables list, Stack<int> pages) = RentAll(pool);
        long* pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        int retired = pages.Pop();
        list.Retire(retired);
        list.Reclaim();
        Assert.Equal(0, cache.Rent(0));
        _epochs.Refresh(pin);
        Assert.Equal((1, 0), (list.RetiredCount, list.FreedCount));
        Assert.Equal(retired, cache.Rent(0));
        Assert.Equal(0, cache.Rent(0));
        Assert.True(list.IsEmpty);

        // What waited still hangs on the readers, and finds nothing.
        _epochs.ExitFromStay(pin);
        Assert.Equal(pages.Count + 1, pool.RentedCount);
        list.Retire(retired);
        list.Reclaim();
        Assert.Equal(pages.Count, pool.RentedCount);
    }

    /// <summary>Whoever looks for a page again and again while readers hold many has the next refresh tell.</summary>
    [Fact]
    public void Looks_for_another_page_find_out_how_much_is_held()
    {
        using var pool = new PageTablePool(1UL << 32, 512 * PageTablePool.PageBytes);
        (PageCache cache, RetiredTables list, Stack<int> pages) = RentAll(pool);
        long* pin = _epochs.EnterToStay();
        Retire(1);
        _epochs.Refresh(pin);
        for (int i = 0; i < RetiredTables.MostUnhurried; i++)
        {
            list.Retire(pages.Pop());
            list.Reclaim();
            Assert.Equal(0, cache.Rent(0));
        }

        Assert.Equal(0, list.FreedCount);
        _epochs.Refresh(pin);
        Assert.Equal(RetiredTables.MostUnhurried, list.FreedCount);
        _epochs.ExitFromStay(pin);
    }

    /// <summary>A VM that has all pages of a pool.</summary>
    private (PageCache Cache, RetiredTables List, Stack<int> Pages) RentAll(PageTablePool pool)
    {
        PageCache cache = pool.OpenCache(new AllocationGate());
        var list = new RetiredTables(new TableStore(pool, _epochs), cache, new LaterList(new WriterGate()));
        cache.Reserve = list;
        var pages = new Stack<int>();
        for (int page; (page = cache.Rent(0)) != 0;)
            pages.Push(page);
        return (cache, list, pages);
    }

    private void Retire(int tables)
    {
        for (int i = 0; i < tables; i++)
            _list.Retire(_cache.Rent(0));
        _list.Reclaim();
    }

    /// <summary>Several threads close VMs whose tables are seen; every page is freed once, by whichever thread's walker leaves.</summary>
    [Fact]
    public void Tables_of_closed_VMs_are_freed_once_whoever_leaves_last()
    {
        const int Threads = 4;
        const int Rounds = 200;
        const int Pages = 30;
        var closed = new ClosedVms(_epochs, new AllocationGate());
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            PageCache cache = _pool.OpenCache(new AllocationGate());
            for (int round = 0; round < Rounds; round++)
            {
                var list = new RetiredTables(_store, cache, new LaterList(new WriterGate()));
                long* pin = _epochs.Enter();
                for (int i = 0; i < Pages; i++)
                    list.Retire(cache.Rent(0));
                list.FreeUnseen();
                var left = new ClosedTables(closed, []);
                left.Add(_store, list.Abandon(out int count), count);
                closed.Add(left);
                _epochs.Exit(pin);
            }

            cache.Close();
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.Equal((0, 0), (closed.Pending, _pool.RentedCount));
        // Every page is there once: the cache hands out different ones.
        int[] all = [.. Enumerable.Range(0, 4096).Select(_ => _cache.Rent(0))];
        Assert.Equal(4096, all.Distinct().Count());
    }

    /// <summary>Tables of a closed VM wait for every TLB that owes an acknowledgement, then for the readers of that moment.</summary>
    [Fact]
    [Rule("PT-183")]
    public void Tables_of_a_closed_VM_wait_for_all_TLBs_and_then_for_walkers()
    {
        var closed = new ClosedVms(_epochs, new AllocationGate());
        (FenceTimeline first, FenceTimeline second) = (new("first"), new("second"));
        var left = new ClosedTables(closed, [first.Next(), second.Next()]);
        _list.Retire(_cache.Rent(0));
        left.Add(_store, _list.Abandon(out int count), count);
        closed.Add(left);
        Assert.Equal((1, 1, true), (count, closed.Pending, closed.IsOwed));
        second.At(1).TrySignal();
        Assert.True(closed.IsOwed);
        // As a walk that a TLB begins from a table that it knows: after the retirement, before its acknowledgement.
        _epochs.Advance();
        long* late = _epochs.Enter();
        first.At(1).TrySignal();
        Assert.Equal((1, false), (closed.Pending, closed.IsOwed));
        _epochs.Exit(late);
        Assert.Equal((0, 0), (closed.Pending, _pool.RentedCount));
    }

    /// <summary>Table memory of a device that has ended goes when the last TLB has acknowledged, without a walk through tables.</summary>
    [Fact]
    [Rule("PT-183")]
    public void After_the_end_of_the_device_the_last_acknowledgement_is_told()
    {
        var closed = new ClosedVms(_epochs, new AllocationGate());
        (FenceTimeline line, FenceTimeline other) = (new("first"), new("second"));
        Close(line);
        Close(other);
        int told = 0;
        closed.End(() => told++);
        line.At(1).TrySignal();
        Assert.Equal((0, true), (told, closed.IsOwed));
        other.At(1).TrySignal();
        Assert.Equal((1, false, 2), (told, closed.IsOwed, _pool.RentedCount));

        void Close(FenceTimeline owed)
        {
            var left = new ClosedTables(closed, [owed.Next()]);
            _list.Retire(_cache.Rent(0));
            left.Add(_store, _list.Abandon(out int count), count);
            closed.Add(left);
        }
    }
}
