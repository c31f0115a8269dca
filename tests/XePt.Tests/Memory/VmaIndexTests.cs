using CsCheck;
using XePt.Diagnostics;
using XePt.Memory;
using XePt.Tests.HostMemory;

namespace XePt.Tests.Memory;

public class VmaIndexTests
{
    private const ulong Page = 4096;

    [Fact]
    public void An_empty_index_finds_nothing()
    {
        using var index = new VmaIndex(new AllocationGate());
        Assert.Equal(-1, index.Find(0));
        Assert.Equal(-1, index.Floor(ulong.MaxValue));
        Assert.Equal(-1, index.Floor(0, ulong.MaxValue, out int next));
        Assert.Equal(-1, next);
        Assert.Equal(-1, index.Ceiling(0));
        Assert.False(index.Remove(0));
        Assert.False(index.TryReplace(0, Page, 1));
        Assert.Equal(0, index.NodeCount);
    }

    [Fact]
    public void Keys_at_both_ends_of_the_address_space_are_ordered_as_unsigned()
    {
        using var index = new VmaIndex(new AllocationGate());
        ulong[] starts = [0, Page, 1UL << 47, (1UL << 63) - Page, 1UL << 63, ulong.MaxValue - 4095, ulong.MaxValue - 1];
        for (int i = 0; i < starts.Length; i++)
            Assert.True(index.TryInsert(starts[i], i));
        for (int i = 0; i < starts.Length; i++)
        {
            Assert.Equal(i, index.Find(starts[i]));
            Assert.Equal(i, index.Floor(starts[i]));
            Assert.Equal(i, index.Ceiling(starts[i]));
            Assert.Equal(i - 1, starts[i] == 0 ? -1 : index.Floor(starts[i] - 1));
        }

        Assert.Equal(starts.Length - 1, index.Floor(ulong.MaxValue));
    }

    [Fact]
    public void Inserting_an_existing_start_replaces_the_handle_even_when_memory_is_refused()
    {
        var failures = new FailureInjector();
        using var index = new VmaIndex(new AllocationGate(failures));
        for (int i = 0; i < VmaIndex.LeafCapacity; i++)
            Assert.True(index.TryInsert((ulong)i * Page, i));
        failures.Arm(FailurePoint.Allocation);
        Assert.True(index.TryInsert(7 * Page, 700));
        Assert.Equal(700, index.Find(7 * Page));
        Assert.Equal(VmaIndex.LeafCapacity, index.Count);
    }

    [Fact]
    public void Ascending_inserts_fill_the_leaves()
    {
        using var index = new VmaIndex(new AllocationGate());
        for (int i = 0; i < 100_000; i++)
            Assert.True(index.TryInsert((ulong)i * Page, i));
        Assert.InRange(BytesPerVma(index), 12, 15);
    }

    [Fact]
    public void A_random_index_takes_at_most_20_bytes_per_vma()
    {
        using var index = new VmaIndex(new AllocationGate());
        var random = new Random(11);
        for (int i = 0; i < 300_000; i++)
            Assert.True(index.TryInsert((ulong)random.NextInt64(1L << 45) * Page, i));
        Assert.InRange(BytesPerVma(index), 12, 20);
    }

    [Fact]
    public void Neighbours_lead_through_all_vmas_in_both_directions()
    {
        using var index = new VmaIndex(new AllocationGate());
        var random = new Random(5);
        var model = new SortedDictionary<ulong, int>();
        for (int i = 0; i < 5000; i++)
        {
            ulong start = (ulong)random.Next(1 << 20) * Page;
            model[start] = i;
            Assert.True(index.TryInsert(start, i));
        }

        AssertSame(model, index);
        ulong last = ulong.MaxValue;
        foreach ((ulong start, int vma) in model.Reverse())
        {
            Assert.Equal(vma, index.Floor(last));
            last = start - 1;
        }

        Assert.True(last == ulong.MaxValue || index.Floor(last) == -1);
    }

    [Fact]
    public void Random_sequences_agree_with_a_sorted_dictionary() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 400], Gen.Int[0, 400]).Array[0, 1000].Sample(
            ops =>
            {
                using var index = new VmaIndex(new AllocationGate());
                var model = new SortedDictionary<ulong, int>();
                foreach (var (kind, a, b) in ops)
                    Apply(index, model, kind, (ulong)a * Page, (ulong)b * Page, b);
                AssertSame(model, index);
            },
            iter: 200);

    [Fact]
    public void Filling_churning_and_draining_a_large_index_agrees_with_a_dense_model()
    {
        const int Slots = 1 << 16;
        using var index = new VmaIndex(new AllocationGate());
        var random = new Random(1);
        int[] model = new int[Slots];
        Array.Fill(model, -1);
        int count = 0;
        for (int i = 0; i < 1_500_000; i++)
        {
            int slot = random.Next(Slots);
            // One third each: growing, steady, shrinking.
            int insertPercent = i < 500_000 ? 80 : i < 1_000_000 ? 50 : 20;
            ulong start = (ulong)slot * Page;
            if (random.Next(100) < insertPercent)
            {
                count += model[slot] < 0 ? 1 : 0;
                Assert.True(index.TryInsert(start, i));
                model[slot] = i;
            }
            else
            {
                count -= model[slot] < 0 ? 0 : 1;
                Assert.Equal(model[slot] >= 0, index.Remove(start));
                model[slot] = -1;
            }

            // A plain comparison: this loop runs too often for the assertions that format values.
            int probe = random.Next(Slots);
            Assert.True(DenseFloor(model, probe) == index.Floor(((ulong)probe * Page) + 5));
            Assert.True(DenseCeiling(model, probe) == index.Ceiling((ulong)probe * Page));
            Assert.True(model[probe] == index.Find((ulong)probe * Page));
            Assert.True(count == index.Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(50_000)]
    public void Removing_all_in_any_order_gives_every_node_back(int count)
    {
        using var index = new VmaIndex(new AllocationGate());
        ulong[] starts = [.. Enumerable.Range(0, count).Select(i => (ulong)i * Page)];
        foreach (Action<ulong[]> order in new Action<ulong[]>[] { _ => { }, Array.Reverse, new Random(3).Shuffle })
        {
            order(starts);
            for (int i = 0; i < count; i++)
                Assert.True(index.TryInsert(starts[i], i));
            order(starts);
            foreach (ulong start in starts)
                Assert.True(index.Remove(start));
            Assert.Equal(0, index.Count);
            Assert.Equal(0, index.NodeCount);
        }
    }

    [Fact]
    public void Recycled_nodes_are_used_before_new_memory()
    {
        using var host = new NativeHost();
        using var index = new VmaIndex(new AllocationGate());
        for (int round = 0; round < 20; round++)
        {
            long before = host.Asked;
            for (int i = 0; i < 20_000; i++)
                Assert.True(index.TryInsert((ulong)(i * 7919 % 20_000) * Page, i));
            for (int i = 0; i < 20_000; i++)
                Assert.True(index.Remove((ulong)i * Page));
            Assert.Equal(round > 0, host.Asked == before);
        }
    }

    [Fact]
    public void Every_refused_allocation_leaves_the_index_as_it_was()
    {
        var failures = new FailureInjector();
        using var index = new VmaIndex(new AllocationGate(failures));
        var model = new SortedDictionary<ulong, int>();
        var random = new Random(9);
        int refused = 0;
        while (model.Count < 6000)
        {
            ulong start = (ulong)random.Next(1 << 24) * Page;
            int nodes = index.NodeCount;
            failures.Arm(FailurePoint.Allocation, random.Next(3));
            if (index.TryInsert(start, model.Count))
            {
                model[start] = model.Count;
                continue;
            }

            refused++;
            Assert.Equal(nodes, index.NodeCount);
            Assert.Equal(-1, index.Find(start));
            AssertSame(model, index);
            failures.Disarm();
            Assert.True(index.TryInsert(start, model.Count));
            model[start] = model.Count;
        }

        Assert.True(refused > 20);
    }

    [Fact]
    public void One_refused_node_of_several_takes_none()
    {
        var failures = new FailureInjector();
        using var index = new VmaIndex(new AllocationGate(failures));
        // Until an insert splits a leaf and with it its parent.
        for (int i = 0; ; i++)
        {
            int nodes = index.NodeCount;
            failures.Arm(FailurePoint.Allocation, 1);
            if (index.TryInsert((ulong)i * Page, i))
                continue;

            Assert.Equal(nodes, index.NodeCount);
            Assert.Equal(-1, index.Find((ulong)i * Page));
            failures.Disarm();
            Assert.True(index.TryInsert((ulong)i * Page, i));
            Assert.True(index.NodeCount >= nodes + 2);
            return;
        }
    }

    [Fact]
    public void Looking_at_a_place_finds_it_after_every_change_there()
    {
        using var index = new VmaIndex(new AllocationGate());
        var model = new SortedDictionary<ulong, int>();
        for (int i = 0; i < 300; i++)
            Apply(index, model, kind: 0, (ulong)i * 16 * Page, 0, i);
        for (ulong at = 0; at < 300 * 16; at++)
        {
            ulong va = at * Page;
            AssertNeighbours(model, index, va);
            Apply(index, model, kind: 0, va, 0, (int)at);
            AssertNeighbours(model, index, va);
            AssertNeighbours(model, index, va + 1);
            AssertNeighbours(model, index, va - 1);
            // To the place before and after, across the borders of leaves too.
            Apply(index, model, kind: 3, va, va + 5, 7);
            AssertNeighbours(model, index, va);
            Apply(index, model, kind: 3, va + 5, va, 8);
            AssertNeighbours(model, index, va + 5);
            if (at % 16 == 0)
                continue;
            Apply(index, model, kind: 2, va, 0, 0);
            AssertNeighbours(model, index, va);
            AssertNeighbours(model, index, va + Page);
        }

        AssertSame(model, index);
    }

    [Fact]
    [Rule("BIND-219")]
    public void What_was_taken_out_is_put_back_without_memory_whatever_came_in_between()
    {
        var random = new Random(11);
        for (int round = 0; round < 400; round++)
        {
            using var host = new NativeHost();
            using var index = new VmaIndex(new AllocationGate());
            var model = new SortedDictionary<ulong, int>();
            int size = random.Next(1, 4000), spread = random.Next(1, 4);
            for (int i = 0; i < size; i++)
                Insert((ulong)(spread > 1 ? random.Next(size * spread) : i) * 4 * Page, i);

            SortedDictionary<ulong, int> before = new(model);
            var undo = new Stack<Action>();
            ulong[] starts = [.. model.Keys];
            int first = random.Next(starts.Length), count = Math.Min(random.Next(1, 300), starts.Length - first);
            for (int i = 0; i < count; i++)
                TakeOut(starts[first + i], isFollowed: random.Next(8) == 0);

            host.Refuse(1);
            foreach (Action step in undo)
                step();
            Assert.False(host.HasRefused);
            AssertSame(before, index);

            void Insert(ulong start, int vma)
            {
                Assert.True(index.TryInsert(start, vma));
                model[start] = vma;
            }

            // Pieces and other VMAs go where something was taken out, and off they come again before it is put back.
            void TakeOut(ulong start, bool isFollowed)
            {
                int vma = index.Find(start);
                Assert.True(index.TryKeepRoom());
                Assert.True(index.Remove(start));
                undo.Push(() => index.PutBack(start, vma));
                for (int piece = 0; isFollowed && piece < 60; piece++)
                {
                    ulong at = start + (ulong)piece + 1;
                    Assert.True(index.TryInsert(at, 1));
                    undo.Push(() => Assert.True(index.Remove(at)));
                }
            }
        }
    }

    [Fact]
    public void Replacing_keeps_its_place_without_memory_and_moves_with_it()
    {
        var failures = new FailureInjector();
        using var index = new VmaIndex(new AllocationGate(failures));
        var model = new SortedDictionary<ulong, int>();
        for (int i = 0; i < 500; i++)
        {
            Assert.True(index.TryInsert((ulong)i * 10 * Page, i));
            model[(ulong)i * 10 * Page] = i;
        }

        failures.Arm(FailurePoint.Allocation);
        Assert.True(index.TryReplace(10 * Page, 13 * Page, 77));
        failures.Disarm();
        model.Remove(10 * Page);
        model[13 * Page] = 77;
        Assert.True(index.TryReplace(0, 9999 * Page, 78));
        model.Remove(0);
        model[9999 * Page] = 78;
        Assert.False(index.TryReplace(1, 2, 3));
        AssertSame(model, index);
    }

    private static void Apply(VmaIndex index, SortedDictionary<ulong, int> model, int kind, ulong a, ulong b, int handle)
    {
        switch (kind)
        {
            case 0 or 1:
                Assert.True(index.TryInsert(a, handle));
                model[a] = handle;
                break;
            case 2:
                Assert.Equal(model.Remove(a), index.Remove(a));
                break;
            case 3:
                bool present = model.Remove(a);
                Assert.Equal(present, index.TryReplace(a, b, handle));
                if (present)
                    model[b] = handle;
                break;
            default:
                AssertNeighbours(model, index, a);
                break;
        }
    }

    private static void AssertNeighbours(SortedDictionary<ulong, int> model, VmaIndex index, ulong va)
    {
        int floor = model.LastOrDefault(e => e.Key <= va, new(0, -1)).Value;
        Assert.Equal(floor, index.Floor(va));
        Assert.Equal(floor, index.Floor(va, ulong.MaxValue, out int next));
        Assert.Equal(model.FirstOrDefault(e => e.Key > va, new(0, -1)).Value, next);
        Assert.Equal(model.FirstOrDefault(e => e.Key >= va, new(0, -1)).Value, index.Ceiling(va));
        Assert.Equal(model.GetValueOrDefault(va, -1), index.Find(va));
    }

    private static void AssertSame(SortedDictionary<ulong, int> model, VmaIndex index)
    {
        Assert.Equal(model.Count, index.Count);
        ulong from = 0;
        foreach ((ulong start, int vma) in model)
        {
            Assert.True(vma == index.Ceiling(from) && vma == index.Find(start), $"{start:x}");
            from = start + 1;
        }

        Assert.Equal(-1, index.Ceiling(from));
    }

    private static unsafe double BytesPerVma(VmaIndex index) => index.NodeCount * (double)sizeof(VmaIndex.Node) / index.Count;

    private static int DenseFloor(int[] model, int slot)
    {
        while (slot >= 0 && model[slot] < 0)
            slot--;
        return slot < 0 ? -1 : model[slot];
    }

    private static int DenseCeiling(int[] model, int slot)
    {
        while (slot < model.Length && model[slot] < 0)
            slot++;
        return slot == model.Length ? -1 : model[slot];
    }
}
