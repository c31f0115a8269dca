using XePt.Memory;

namespace XePt.Tests.Memory;

/// <summary>Overlapping intervals, against a plain list.</summary>
public class IntervalTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Finds_what_a_list_finds(int seed)
    {
        var random = new Random(seed);
        var tree = new IntervalTree();
        var list = new Dictionary<int, (ulong Start, ulong End)>();
        for (int step = 0; step < 4000; step++)
        {
            int number = random.Next(1, 200);
            if (list.Remove(number))
            {
                tree.Remove(number);
            }
            else
            {
                ulong start = (ulong)random.Next(1000), end = start + (ulong)random.Next(1, random.Next(2, 300));
                list.Add(number, (start, end));
                tree.Add(number, start, end);
            }

            ulong from = (ulong)random.Next(1100), to = from + (ulong)random.Next(1, 50);
            var found = new List<int>();
            tree.Collect(from, to, found);
            Assert.Equal(list.Where(entry => entry.Value.Start < to && entry.Value.End > from).OrderBy(
                entry => (entry.Value.Start, entry.Key)).Select(entry => entry.Key), found);
        }
    }

    [Fact]
    public void Reaches_to_the_ends_of_the_address_space()
    {
        var tree = new IntervalTree();
        tree.Add(1, 0, 1);
        tree.Add(2, ulong.MaxValue - 1, ulong.MaxValue);
        var found = new List<int>();
        tree.Collect(0, ulong.MaxValue, found);
        tree.Collect(1, ulong.MaxValue - 1, found);
        Assert.Equal([1, 2], found);
    }
}
