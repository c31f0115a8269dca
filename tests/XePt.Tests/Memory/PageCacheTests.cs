using CsCheck;
using XePt.Memory;

namespace XePt.Tests.Memory;

/// <summary>Caches of table pages in front of their pool.</summary>
public class PageCacheTests
{
    private const ulong Window = 1UL << 32;

    [Fact]
    public void A_lone_cache_hands_out_pages_in_order()
    {
        using var pool = new PageTablePool(Window, 1UL << 24);
        PageCache cache = pool.OpenCache(new AllocationGate());
        Assert.Equal(Enumerable.Range(pool.FirstPage, 1000), Rent(cache, 1000));
    }

    /// <summary>Trimming moves pages into the pool and back: the order in which a lone cache hands them out stays that of one
    /// stack.</summary>
    [Fact]
    [Rule("PT-099")]
    public void Trimming_changes_no_order() => Gen.Select(Gen.Int[1, 3000], Gen.Int[1, 3000].Array[0, 6]).Sample((first, steps) =>
    {
        using var pool = new PageTablePool(Window, 1UL << 26);
        PageCache cache = pool.OpenCache(new AllocationGate());
        var model = new Stack<int>(Enumerable.Range(pool.FirstPage, 4000).Reverse());
        var rented = new Stack<int>();
        foreach (int step in (int[])[first, .. steps])
        {
            // Odd steps rent, even ones return as many as there are.
            for (int i = 0; i < step && step % 2 == 1 && model.Count > 0; i++)
            {
                int page = cache.Rent(0);
                Assert.Equal(model.Pop(), page);
                rented.Push(page);
            }

            for (int i = 0; i < step && step % 2 == 0 && rented.Count > 0; i++)
            {
                model.Push(rented.Peek());
                cache.Return(rented.Pop());
            }

            cache.Trim();
            Assert.Equal(rented.Count, pool.RentedCount);
        }
    }, iter: 30);

    [Fact]
    public void A_full_window_refuses_and_serves_again_after_a_return()
    {
        const int Pages = 100;
        using var pool = new PageTablePool(Window, Pages * PageTablePool.PageBytes);
        PageCache cache = pool.OpenCache(new AllocationGate());
        int[] all = Rent(cache, Pages);
        Assert.DoesNotContain(0, all);
        Assert.Equal(0, cache.Rent(0));
        Assert.Equal(0, cache.Rent(1));
        Assert.Equal(Pages, pool.RentedCount);
        cache.Return(all[^1]);
        Assert.Equal(all[^1], cache.Rent(2));
    }

    [Fact]
    public void A_closed_cache_gives_its_pages_to_the_next()
    {
        const int Pages = 100;
        using var pool = new PageTablePool(Window, Pages * PageTablePool.PageBytes);
        PageCache first = pool.OpenCache(new AllocationGate());
        foreach (int page in Rent(first, Pages).Reverse())
            first.Return(page);
        first.Close();
        PageCache second = pool.OpenCache(new AllocationGate());
        Assert.Same(first, second);
        Assert.Equal(Enumerable.Range(pool.FirstPage, Pages), Rent(second, Pages));
    }

    [Fact]
    public void Pages_may_be_returned_through_another_cache()
    {
        using var pool = new PageTablePool(Window, 1UL << 24);
        PageCache first = pool.OpenCache(new AllocationGate());
        PageCache second = pool.OpenCache(new AllocationGate());
        int[] pages = Rent(first, 20);
        first.Close();
        Assert.Equal(20, pool.RentedCount);
        foreach (int page in pages)
            second.Return(page);
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    [Rule("PT-054")]
    public void A_directory_starts_without_children_whatever_its_page_was_before()
    {
        using var pool = new PageTablePool(Window, 1UL << 24);
        PageCache cache = pool.OpenCache(new AllocationGate());
        for (int round = 0; round < 3; round++)
        {
            int[] pages = Rent(cache, 100, level: 1);
            foreach (int page in pages)
                AssertEmptyThenFill(pool, cache, page);
            foreach (int page in pages)
                cache.Return(page);
            cache.Trim();
        }
    }

    [Fact]
    public void Rent_and_return_allocate_nothing_once_warm()
    {
        using var pool = new PageTablePool(Window, 1UL << 24);
        PageCache cache = pool.OpenCache(new AllocationGate());
        var pages = new int[2000];
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            for (int i = 0; i < pages.Length; i++)
                pages[i] = cache.Rent(i % 3);
            for (int i = 0; i < pages.Length; i++)
                cache.Return(pages[i]);
            cache.Trim();
        }
    }

    /// <summary>Owners on several threads rent, stamp, check and return: no page has two owners, and none is lost.</summary>
    [Fact]
    public void Parallel_owners_never_share_a_page_and_lose_none()
    {
        const int Threads = 6;
        const int Pages = 24_000;
        using var pool = new PageTablePool(Window, Pages * (ulong)PageTablePool.PageBytes);
        int failures = 0;
        Thread[] threads = [
            .. Enumerable.Range(1, Threads).Select(me => new Thread(() => Interlocked.Add(ref failures, Work(pool, (ulong)me))))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.Equal(0, failures);
        Assert.Equal(0, pool.RentedCount);
        int[] all = Rent(pool.OpenCache(new AllocationGate()), Pages);
        Assert.DoesNotContain(0, all);
        Assert.Equal(Pages, all.Distinct().Count());
    }

    private static unsafe int Work(PageTablePool pool, ulong me)
    {
        var random = new Random((int)me);
        int failures = 0;
        for (int life = 0; life < 4; life++)
        {
            PageCache cache = pool.OpenCache(new AllocationGate());
            var mine = new Stack<int>();
            for (int round = 0; round < 30; round++)
            {
                for (int i = random.Next(200); i > 0; i--)
                {
                    int page = cache.Rent(random.Next(2));
                    if (page == 0)
                        failures++;
                    *pool.Entries(page) = me;
                    mine.Push(page);
                }

                for (int i = random.Next(mine.Count + 1); i > 0; i--)
                    failures += GiveBack(pool, cache, mine.Pop(), me);
                cache.Trim();
            }

            while (mine.TryPop(out int page))
                failures += GiveBack(pool, cache, page, me);
            cache.Close();
        }

        return failures;
    }

    private static unsafe int GiveBack(PageTablePool pool, PageCache cache, int page, ulong me)
    {
        int failure = *pool.Entries(page) == me ? 0 : 1;
        cache.Return(page);
        return failure;
    }

    private static unsafe void AssertEmptyThenFill(PageTablePool pool, PageCache cache, int page)
    {
        Assert.True(pool.Page(page).Children == pool.NoChildren);
        Assert.True(cache.TryOwnChildren(page));
        Assert.False(pool.Page(page).Children == pool.NoChildren);
        // SAFETY: a directory has 512 child numbers.
        var children = new Span<int>(pool.Page(page).Children, PageTablePool.EntriesPerTable);
        Assert.Equal(-1, children.IndexOfAnyExcept(0));
        Assert.Equal((1, 0, false), (pool.Page(page).Level, pool.Page(page).Live, pool.Page(page).IsCompact));
        children.Fill(-1);
        (pool.Page(page).Live, pool.Page(page).IsCompact) = (512, true);
    }

    private static int[] Rent(PageCache cache, int count, int level = 0) => [.. Enumerable.Range(0, count).Select(_ => cache.Rent(level))];
}
