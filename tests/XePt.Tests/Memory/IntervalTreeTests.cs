using System.Numerics;
using CsCheck;
using XePt.Memory;
using XePt.Tests.Kit;

namespace XePt.Tests.Memory;

/// <summary>Intervals that may overlap, against a plain list; and how many steps the tree takes.</summary>
public class IntervalTreeTests
{
    /// <summary>A change or a question, over few addresses so that intervals touch, nest, overlap and repeat.</summary>
    private readonly record struct Act(int Kind, ulong Start, ulong Length, int Which);

    private static readonly Gen<Act[]> Histories = Gen.Select(Gen.Int[0, 5], Gen.ULong[0, 80], Gen.ULong[0, 40], Gen.Int[0, 1000])
        .Select(act => new Act(act.Item1, act.Item2, act.Item3, act.Item4)).Array[1, 120];

    [Fact]
    public void Any_history_gives_what_a_list_gives() => Histories.Sample(Replay, iter: 2000, threads: 1);

    private static void Replay(Act[] history)
    {
        IntervalTree<string> tree = new();
        var list = new SortedDictionary<int, (ulong Start, ulong Last)>();
        foreach (Act act in history)
        {
            ulong last = act.Start + act.Length;
            if (act.Kind < 2)
            {
                int number = tree.Add(act.Start, last, $"{act.Start}-{last}");
                list.Add(number, (act.Start, last));
            }
            else if (act.Kind == 2 && list.Count > 0)
            {
                int number = list.Keys.ElementAt(act.Which % list.Count);
                list.Remove(number);
                tree.Remove(number);
                Assert.Null(tree[number]);
            }
            else
            {
                Assert.Equal(From(list, act.Start), From(ref tree, act.Start));
            }

            AssertSame(list, ref tree);
        }
    }

    [Fact]
    public void Reaches_to_the_ends_of_the_address_space()
    {
        IntervalTree<int> tree = new();
        Assert.Equal(0, tree.FirstFrom(0));
        int low = tree.Add(0, 0, 1), high = tree.Add(ulong.MaxValue, ulong.MaxValue, 2), all = tree.Add(0, ulong.MaxValue, 3);
        Assert.Equal([low, all, high], From(ref tree, 0));
        Assert.Equal([all, high], From(ref tree, 1));
        Assert.Equal([all, high], From(ref tree, ulong.MaxValue));
    }

    [Fact]
    public void The_number_freed_last_is_given_first_and_the_highest_grows_only_without_one()
    {
        IntervalTree<int> tree = new();
        int[] numbers = [tree.Add(5, 5, 0), tree.Add(3, 3, 0), tree.Add(4, 4, 0)];
        Assert.Equal([1, 2, 3], numbers);
        tree.Remove(1);
        tree.Remove(3);
        Assert.Equal((3, 1, 4), (tree.Add(9, 9, 0), tree.Add(9, 9, 0), tree.Add(9, 9, 0)));
        Assert.Equal((4, 5), (tree.Count, tree.End));
    }

    /// <summary>The steps of adding, removing and looking up are bounded by the longest way down.</summary>
    [Theory]
    [InlineData("ascending")]
    [InlineData("descending")]
    [InlineData("nested")]
    [InlineData("equal")]
    [InlineData("moving")]
    public void No_order_of_additions_makes_a_long_way_down(string order)
    {
        const int Many = 1 << 14;
        IntervalTree<int> tree = new();
        for (ulong i = 0; i < Many; i++)
        {
            (ulong start, ulong last) = order switch
            {
                "descending" => (Many - i, Many - i),
                "nested" => (i, (2 * Many) - i),
                "equal" => (1UL, 2UL),
                _ => (i, i),
            };
            tree.Add(start, last, 0);
        }

        for (ulong i = Many; order == "moving" && i < 3 * Many; i++)
        {
            tree.Remove(tree.FirstFrom(0));
            tree.Add(i, i, 0);
        }

        Assert.Equal(Many, tree.Count);
        Assert.InRange(EngineInsides.HeightOf(tree), BitOperations.Log2(Many), 4 * BitOperations.Log2(Many));
    }

    private static void AssertSame(SortedDictionary<int, (ulong Start, ulong Last)> list, ref IntervalTree<string> tree)
    {
        Assert.Equal(list.Count, tree.Count);
        Assert.Equal(list.Keys, LiveOf(ref tree));
        foreach ((int number, (ulong start, ulong last)) in list)
            Assert.Equal((start, last, $"{start}-{last}"), (tree.StartOf(number), tree.LastOf(number), tree[number]));
        Assert.Equal(From(list, 0), From(ref tree, 0));
    }

    private static int[] From(SortedDictionary<int, (ulong Start, ulong Last)> list, ulong address) =>
        [.. list.Where(entry => entry.Value.Last >= address).OrderBy(entry => (entry.Value.Start, entry.Key)).Select(entry => entry.Key)];

    private static List<int> From<T>(ref IntervalTree<T> tree, ulong address)
    {
        var found = new List<int>();
        for (int at = tree.FirstFrom(address); at != IntervalTree<T>.None; at = tree.NextFrom(at, address))
            found.Add(at);
        return found;
    }

    private static List<int> LiveOf(ref IntervalTree<string> tree)
    {
        var live = new List<int>();
        for (int number = 1; number < tree.End; number++)
        {
            if (tree.IsLive(number))
                live.Add(number);
        }

        return live;
    }
}
