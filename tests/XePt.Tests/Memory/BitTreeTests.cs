using CsCheck;
using XePt.Memory;

namespace XePt.Tests.Memory;

public class BitTreeTests
{
    [Fact]
    public void Random_sequences_agree_with_a_sorted_set() =>
        Gen.Select(Gen.Int[1, 300_000], Gen.Select(Gen.Bool, Gen.Int[0, int.MaxValue - 1]).Array[0, 300]).Sample(
            (capacity, ops) =>
            {
                using var tree = new BitTree(capacity);
                var model = new SortedSet<long>();
                foreach (var (add, number) in ops)
                {
                    // Often the least member, so that summaries get empty again.
                    long index = add || model.Count == 0 ? number % capacity : model.Min;
                    Assert.Equal(model.Contains(index), tree.Contains(index));
                    if (add)
                    {
                        tree.Add(index);
                        model.Add(index);
                    }
                    else
                    {
                        tree.Remove(index);
                        model.Remove(index);
                    }

                    Assert.Equal(model.Count == 0 ? -1 : model.Min, tree.First());
                }
            },
            iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(262_145)]
    [InlineData(16_777_217)]
    public void The_last_member_of_every_depth_is_found(long capacity)
    {
        using var tree = new BitTree(capacity);
        Assert.Equal(-1, tree.First());
        tree.Add(capacity - 1);
        Assert.Equal(capacity - 1, tree.First());
        tree.Add(0);
        Assert.Equal(0, tree.First());
        tree.Remove(0);
        tree.Remove(capacity - 1);
        Assert.Equal(-1, tree.First());
    }
}
