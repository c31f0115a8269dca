namespace XePt.Compare;

/// <summary>The one-sided Mann–Whitney test: how likely it is by chance that one sample lies as far above another as it does.</summary>
/// <remarks>It asks only for the order of the values, so neither an outlier nor a skewed distribution of times misleads it.</remarks>
public static class MannWhitney
{
    /// <summary>The exact chance of values at least as high as <paramref name="high"/> if both samples came from one place.</summary>
    /// <param name="high">The sample that is thought to be larger.</param>
    /// <param name="low">The other.</param>
    /// <returns>A probability in (0, 1]. Ties count against the finding.</returns>
    public static double IsHigher(ReadOnlySpan<double> high, ReadOnlySpan<double> low)
    {
        int wins = 0;
        foreach (double value in high)
        {
            foreach (double other in low)
                wins += value > other ? 1 : 0;
        }

        return Tail(high.Length, low.Length, wins);
    }

    /// <summary>The smallest probability that samples of this size can give: no difference, however large, looks rarer.</summary>
    public static double Smallest(int size) => Tail(size, size, size * size);

    /// <summary>The chance that of all orders of two samples one has this many wins or more.</summary>
    private static double Tail(int high, int low, int wins)
    {
        // Orders of a values of one kind and b of the other by their wins: the highest value is one of the first kind, and wins b times,
        // or one of the second and wins nothing.
        var orders = new double[high + 1, low + 1][];
        for (int a = 0; a <= high; a++)
        {
            for (int b = 0; b <= low; b++)
                orders[a, b] = Orders(orders, a, b);
        }

        double[] all = orders[high, low];
        return all.Skip(wins).Sum() / all.Sum();
    }

    private static double[] Orders(double[,][] orders, int a, int b)
    {
        var counts = new double[(a * b) + 1];
        if (a == 0 || b == 0)
        {
            counts[0] = 1;
            return counts;
        }

        for (int wins = 0; wins <= (a - 1) * b; wins++)
            counts[wins + b] += orders[a - 1, b][wins];
        for (int wins = 0; wins <= a * (b - 1); wins++)
            counts[wins] += orders[a, b - 1][wins];
        return counts;
    }
}
