using XePt.Evict;
using XePt.Memory;

namespace XePt.Tests.Evict;

/// <summary>The order in which BOs make room, against a list that is sorted anew each time.</summary>
public class VictimOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("EVT-009")]
    public void The_one_used_longest_ago_is_taken_first_whatever_happens_in_between(int seed)
    {
        var random = new Random(seed);
        var order = new VictimOrder();
        var model = new List<BufferObject>();
        long clock = 0;
        for (int i = 0; i < 20_000; i++)
        {
            BufferObject? some = model.Count == 0 ? null : model[random.Next(model.Count)];
            switch (random.Next(6))
            {
                case 0 or 1:
                    var made = new BufferObject
                    {
                        Size = 4096UL * (ulong)random.Next(1, 5),
                        Placements = 2,
                        CpuCaching = 1,
                        Slot = i + 1,
                        // Two VMs may give the same stamp.
                        LastUse = random.Next(4) == 0 ? clock : ++clock,
                    };
                    order.Add(made);
                    order.Add(made);
                    model.Add(made);
                    break;
                case 2 or 3 when some is not null:
                    some.LastUse = ++clock;
                    break;
                case 4 when some is not null:
                    order.Remove(some);
                    order.Remove(some);
                    model.Remove(some);
                    Assert.False(order.Contains(some));
                    break;
                default:
                    BufferObject? oldest = model.MinBy(bo => (bo.LastUse, bo.Slot));
                    Assert.Same(oldest, order.TakeFirst());
                    if (oldest is not null)
                        model.Remove(oldest);
                    break;
            }

            Assert.Equal(model.Aggregate(0UL, (sum, bo) => sum + bo.Size), order.Bytes);
        }
    }

    [Fact]
    [Rule("BIND-040")]
    public void One_without_references_is_not_taken()
    {
        var order = new VictimOrder();
        BufferObject[] bos =
            [.. Enumerable.Range(1, 3).Select(i => new BufferObject { Size = 4096, Placements = 2, CpuCaching = 1, Slot = i })];
        foreach (BufferObject bo in bos)
            order.Add(bo);
        Assert.True(bos[0].DropReference());
        Assert.Same(bos[1], order.TakeFirst());
        order.Remove(bos[0]);
        Assert.True(order.Contains(bos[2]));
        Assert.Equal(4096ul, order.Bytes);
    }

    /// <summary>Counted by who is asked, so a search or a sort of all is seen however it is written.</summary>
    [Fact]
    [Rule("EVT-009")]
    public void Taking_the_first_of_many_asks_few_of_them()
    {
        const int Many = 4096, Taken = 100;
        var order = new VictimOrder();
        Asked[] all = [.. Enumerable.Range(1, Many).Select(i => new Asked(i, lastUse: i))];
        foreach (Asked one in all)
            order.Add(one);
        long before = all.Sum(one => one.Questions);
        for (int i = 0; i < Taken; i++)
        {
            Assert.Same(all[i], order.TakeFirst());
            order.Add(new Asked(Many + i + 1, lastUse: Many + i + 1));
        }

        // Twelve levels, and on each one or two are compared or moved.
        Assert.InRange(all.Sum(one => one.Questions) - before, 1, Taken * 12 * 6);
    }

    private sealed class Asked(int slot, long lastUse) : IOccupant
    {
        private int _place;

        public long Questions { get; private set; }

        public ulong Size => 4096;

        public int Slot => Answer(slot);

        public long LastUse => Answer(lastUse);

        public int VictimPlace
        {
            get => Answer(_place);
            set => _place = Answer(value);
        }

        public bool TryAddReference() => true;

        private T Answer<T>(T value)
        {
            Questions++;
            return value;
        }
    }
}
