using XePt.Epochs;
using XePt.Memory;

namespace XePt.Tests.Epochs;

/// <summary>The list of tables that wait, on its own.</summary>
public sealed unsafe class RetireListTests : IDisposable
{
    // Room for every page that the test of several threads rents, should a thread be held up with its pin.
    private readonly PageTablePool _pool = new(1UL << 32, 1UL << 27);
    private readonly EpochDomain _epochs = new();
    private readonly TableStore _store;
    private readonly PageCache _cache;
    private readonly RetireList _list;

    public RetireListTests()
    {
        _store = new TableStore(_pool, _epochs);
        _cache = _pool.OpenCache(new AllocationGate());
        _list = new RetireList(_store, _cache);
    }

    public void Dispose() => _pool.Dispose();

    [Fact]
    [Rule("PT-060")]
    public void A_subtree_is_retired_whole_and_freed_children_first()
    {
        (int root, int first, int second, int leaf) = (_cache.Rent(2), _cache.Rent(1), _cache.Rent(1), _cache.Rent(0));
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
    public void Restamped_tables_wait_for_readers_that_came_later()
    {
        _list.Retire(_cache.Rent(0));
        _epochs.Advance();
        long* pin = _epochs.Enter();
        _list.Restamp();
        _list.Reclaim();
        Assert.Equal(0, _list.FreedCount);
        _epochs.Exit(pin);
        _list.Reclaim();
        Assert.Equal(1, _list.FreedCount);
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

    /// <summary>Lists of closed VMs are taken and put back by several threads at once; every page is freed once.</summary>
    [Fact]
    public void Orphans_are_freed_once_whoever_looks_for_them()
    {
        const int Threads = 4;
        const int Rounds = 200;
        const int Pages = 30;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            var gate = new AllocationGate();
            PageCache cache = _pool.OpenCache(gate);
            for (int round = 0; round < Rounds; round++)
            {
                var list = new RetireList(_store, cache);
                long* pin = _epochs.Enter();
                for (int i = 0; i < Pages; i++)
                    list.Retire(cache.Rent(0));
                list.Reclaim();
                list.Abandon();
                _epochs.Exit(pin);
                _store.FreeOrphans(gate);
            }

            cache.Close();
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        _store.FreeOrphans(new AllocationGate());
        Assert.Equal((0, 0), (_store.Orphans.Pending, _pool.RentedCount));
        // Every page is there once: the cache hands out different ones.
        int[] all = [.. Enumerable.Range(0, 4096).Select(_ => _cache.Rent(0))];
        Assert.Equal(4096, all.Distinct().Count());
    }
}
