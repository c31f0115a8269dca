namespace XePt.Compare;

/// <summary>Quantiles of a few values.</summary>
public static class Quantiles
{
    /// <summary>The value below which a share of the values lies, between two of them in proportion.</summary>
    /// <param name="values">One value or more, in any order.</param>
    /// <param name="share">0 for the smallest, 1 for the largest.</param>
    public static double Of(IReadOnlyCollection<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double place = share * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
