using CsCheck;
using XePt.Compare;

namespace XePt.Tests.Compare;

/// <summary>The test that judges two versions, against counting all orders.</summary>
public class MannWhitneyTests
{
    [Theory]
    [InlineData(5, 1 / 252.0)]
    [InlineData(8, 1 / 12870.0)]
    public void Nothing_is_rarer_than_one_order_of_all(int size, double chance)
    {
        double[] low = [.. Enumerable.Range(0, size)], high = Array.ConvertAll(low, value => value + size);
        Assert.Equal(chance, MannWhitney.Smallest(size), 12);
        Assert.Equal(chance, MannWhitney.IsHigher(high, low), 12);
        Assert.Equal(1, MannWhitney.IsHigher(low, high), 12);
    }

    [Fact]
    public void Equal_values_are_no_evidence() => Assert.Equal(1, MannWhitney.IsHigher([1, 1, 1, 1], [1, 1, 1, 1]), 12);

    [Fact]
    public void It_is_the_share_of_all_orders_with_as_many_wins()
    {
        Gen<double[]> sample = Gen.Double[0, 1].Array[1, 5];
        Gen.Select(sample, sample).Where((high, low) => high.Concat(low).Distinct().Count() == high.Length + low.Length)
            .Sample((high, low) => Assert.Equal(ShareOfOrders(high, low), MannWhitney.IsHigher(high, low), 9), iter: 300);
    }

    /// <summary>The table of docs/performance.md: what it takes to be slower, at the first look and at the last.</summary>
    [Theory]
    [InlineData(24, 24, 61, 440)]
    [InlineData(24, 48, 62, 1610)]
    [InlineData(1, 24, 53, 392)]
    [InlineData(1, 48, 55, 1478)]
    public void So_many_pairs_have_to_be_won(int lines, int most, int first, int last)
    {
        var options = CompareOptions.Parse(["a", "b", "--most", $"{most}"]);
        double chance = options.Chance / lines / options.Looks;
        Assert.Equal(8, options.Launches);
        Assert.All(((int, int)[])[(options.Launches, first), (most, last)], look =>
        {
            (int size, int wins) = look;
            Assert.InRange(ChanceOf(size, wins), 0, chance);
            Assert.True(ChanceOf(size, wins - 1) > chance);
        });
    }

    /// <summary>The chance of samples of which the one wins so many of all pairs.</summary>
    private static double ChanceOf(int size, int wins)
    {
        // Values above all of the other sample, one above some of them, and values below all.
        double[] high = [.. Enumerable.Range(0, size).Select(i => Math.Clamp(wins - (i * size), 0, size) - 0.5)];
        double[] low = [.. Enumerable.Range(0, size)];
        Assert.Equal(wins, Wins(high, low));
        return MannWhitney.IsHigher(high, low);
    }

    private static double ShareOfOrders(double[] high, double[] low)
    {
        double[] all = [.. high, .. low];
        int wins = Wins(high, low), orders = 0, asMany = 0;
        for (int mask = 0; mask < 1 << all.Length; mask++)
        {
            if (int.PopCount(mask) != high.Length)
                continue;
            double[] chosen = [.. all.Where((_, i) => (mask >> i & 1) != 0)], others = [.. all.Where((_, i) => (mask >> i & 1) == 0)];
            orders++;
            asMany += Wins(chosen, others) >= wins ? 1 : 0;
        }

        return (double)asMany / orders;
    }

    private static int Wins(double[] high, double[] low) => high.Sum(value => low.Count(other => value > other));
}
