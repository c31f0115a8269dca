using XePt.Epochs;

namespace XePt.Tests.Epochs;

/// <summary>The pins of readers and what they hold back.</summary>
public unsafe class EpochDomainTests
{
    [Fact]
    public void Without_readers_everything_before_the_current_epoch_is_safe()
    {
        var epochs = new EpochDomain();
        long stamp = epochs.Current;
        Assert.False(stamp < epochs.SafeBefore(out bool hasReaders));
        epochs.Advance();
        Assert.True(stamp < epochs.SafeBefore(out hasReaders));
        Assert.False(hasReaders);
    }

    [Fact]
    public void A_pin_holds_back_its_epoch_and_later_ones_but_no_earlier_one()
    {
        var epochs = new EpochDomain();
        long earlier = epochs.Current;
        epochs.Advance();
        long pinned = epochs.Current;
        long* entry = epochs.Enter();
        epochs.Advance();
        epochs.Advance();

        Assert.Equal(pinned, epochs.SafeBefore(out bool hasReaders));
        Assert.True(hasReaders);
        Assert.True(earlier < epochs.SafeBefore(out _));

        epochs.Exit(entry);
        Assert.Equal(epochs.Current, epochs.SafeBefore(out hasReaders));
        Assert.False(hasReaders);
    }

    [Fact]
    public void A_refresh_moves_the_pin_to_the_current_epoch()
    {
        var epochs = new EpochDomain();
        long* entry = epochs.EnterToStay();
        epochs.Advance();
        epochs.Refresh(entry);
        Assert.Equal(epochs.Current, epochs.SafeBefore(out bool hasReaders));
        Assert.True(hasReaders);
        epochs.ExitFromStay(entry);
    }

    [Fact]
    public void The_oldest_of_nested_pins_counts_whatever_order_they_end_in()
    {
        var epochs = new EpochDomain();
        long outer = epochs.Current;
        long* first = epochs.Enter();
        epochs.Advance();
        long inner = epochs.Current;
        long* second = epochs.Enter();
        epochs.Advance();

        Assert.Equal(outer, epochs.SafeBefore(out _));
        epochs.Exit(first);
        Assert.Equal(inner, epochs.SafeBefore(out _));
        epochs.Exit(second);
        Assert.False(epochs.HasReaders);
    }

    /// <summary>More readers than a table of entries holds: further tables are chained, seen by scans, and used again.</summary>
    [Fact]
    public void Readers_beyond_one_table_are_seen_too()
    {
        const int Readers = (3 * ReaderTable.Capacity) + 1;
        var epochs = new EpochDomain();
        var entries = new nint[Readers];
        for (int round = 0; round < 2; round++)
        {
            long first = epochs.Current;
            for (int i = 0; i < Readers; i++, epochs.Advance())
                entries[i] = (nint)epochs.Enter();

            Assert.Equal(Readers, entries.Distinct().Count());
            for (int i = 0; i < Readers; i++)
            {
                Assert.Equal(first + i, epochs.SafeBefore(out _));
                epochs.Exit((long*)entries[i]);
            }

            Assert.False(epochs.HasReaders);
        }
    }

    [Fact]
    public void Each_entry_has_cache_lines_of_its_own()
    {
        var epochs = new EpochDomain();
        long*[] entries = [epochs.Enter(), epochs.Enter(), epochs.Enter()];
        for (int i = 0; i < entries.Length; i++)
        {
            Assert.Equal(0, (nint)entries[i] % 128);
            Assert.True(i == 0 || (byte*)entries[i] - (byte*)entries[i - 1] >= 128);
        }
    }

    [Fact]
    public void Pins_allocate_nothing()
    {
        var epochs = new EpochDomain();
        epochs.Exit(epochs.Enter());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            long* entry = epochs.EnterToStay();
            epochs.Refresh(entry);
            epochs.Advance();
            epochs.SafeBefore(out _);
            epochs.ExitFromStay(entry);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Many threads take and lift pins at once: no entry is ever shared, and none is left behind.</summary>
    [Fact]
    public void Threads_never_share_an_entry()
    {
        const int Threads = 8;
        const int Rounds = 5_000;
        var epochs = new EpochDomain();
        var owners = new System.Collections.Concurrent.ConcurrentDictionary<nint, int>();
        int shared = 0;
        var threads = Enumerable.Range(1, Threads).Select(me => new Thread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                long* entry = epochs.Enter();
                if (!owners.TryAdd((nint)entry, me))
                    Interlocked.Increment(ref shared);
                owners.TryRemove((nint)entry, out _);
                epochs.Exit(entry);
                epochs.Advance();
            }
        })).ToArray();
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.Equal(0, shared);
        Assert.False(epochs.HasReaders);
        Assert.Equal(1 + (Threads * Rounds), epochs.Current);
    }
}
