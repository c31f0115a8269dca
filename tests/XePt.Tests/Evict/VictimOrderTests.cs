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
}
