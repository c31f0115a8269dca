using XePt.Fences;
using XePt.Uapi;

namespace XePt.Tests.Fences;

/// <summary>The order of callbacks that wait for different points of a line.</summary>
public class CallbackHeapTests
{
    [Fact]
    public void Nodes_come_by_their_points_and_of_one_point_in_the_order_of_addition()
    {
        var random = new Random(7);
        var heap = new CallbackHeap();
        var model = new List<Node>();
        int added = 0;
        for (int step = 0; step < 20_000; step++)
        {
            if (heap.IsEmpty || random.Next(5) < 3)
            {
                var node = new Node(added++);
                node.Arm((ulong)random.Next(1, 50));
                heap.Add(node);
                model.Add(node);
            }
            else if (random.Next(200) == 0)
            {
                foreach (Node node in model.Where(_ => random.Next(3) == 0))
                    node.TryCancel();
                var cancelled = new List<FenceCallback>();
                for (FenceCallback? node = heap.TakeCancelled(); node is not null; node = node.NextCallback)
                    cancelled.Add(node);
                Assert.Equal(model.Where(node => node.IsCancelled).ToHashSet<FenceCallback>(), cancelled.ToHashSet());
                model.RemoveAll(node => node.IsCancelled);
            }
            else
            {
                Node first = model.MinBy(node => (node.Seqno, node.Number))!;
                Assert.Equal(first.Seqno, heap.Earliest);
                Assert.Same(first, heap.Take());
                model.Remove(first);
            }

            Assert.Equal(model.Count, heap.Count);
        }
    }

    [Fact]
    public void A_signal_does_not_look_at_all_that_wait_for_later_points()
    {
        // So many that looking at each of them with every signal would not end in a day.
        const int Points = 1_000_000;
        var line = new FenceTimeline("line");
        ulong fired = 0;
        for (int point = 0; point < Points; point++)
            Assert.True(line.Next().TryAdd(new Counting(() => fired++)));
        for (ulong point = 1; point <= Points; point++)
        {
            line.TrySignal(point);
            Assert.Equal(point, fired);
        }
    }

    [Fact]
    public void One_signal_of_many_points_fires_them_in_order()
    {
        var line = new FenceTimeline("line");
        var seen = new List<ulong>();
        foreach (ulong point in (ulong[])[5, 3, 9, 1, 7])
            line.At(point).TryAdd(new Counting(() => seen.Add(point)));
        line.TrySignal(8);
        Assert.Equal([1ul, 3ul, 5ul, 7ul], seen);
    }

    private sealed class Node(int number) : FenceCallback
    {
        public int Number => number;

        protected override void Fire(Errno error)
        {
        }
    }

    private sealed class Counting(Action fired) : FenceCallback
    {
        protected override void Fire(Errno error) => fired();
    }
}
