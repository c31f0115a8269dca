namespace XePt.Compare;

/// <summary>What can be said of a line.</summary>
public enum Verdict
{
    /// <summary>Slower by more than the threshold.</summary>
    Slower,

    /// <summary>Faster by more than the threshold.</summary>
    Faster,

    /// <summary>Within the threshold, both ways.</summary>
    Same,

    /// <summary>The samples are too few or too noisy to tell.</summary>
    Unclear,
}

/// <summary>One side of a line: a value for each process that was started.</summary>
/// <param name="Times">Nanoseconds of one operation: the lower quartile of each process's rounds.</param>
/// <param name="Bytes">Managed bytes of one operation: the least of all rounds.</param>
public sealed record Side(double[] Times, double Bytes)
{
    /// <summary>The median of the times.</summary>
    public double Median => Quantiles.Of(Times, 0.5);
}

/// <summary>A line, measured with two versions.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Base">The version to compare with.</param>
/// <param name="Head">The version that is judged.</param>
/// <param name="Threshold">The share of time that counts as a change: 0.05 is 5 %.</param>
/// <param name="Chance">How likely a finding by chance alone may be, for this line.</param>
/// <remarks>
/// "Slower" is a test against the base as if that were slower by the threshold, "faster" one against the head as if that were; "same" is
/// both tests the other way (two one-sided tests, TOST). So a small change that is certain is no alarm, and silence is not called equality.
/// </remarks>
public sealed record Comparison(string Name, Side Base, Side Head, double Threshold, double Chance)
{
    // Objects that the runtime makes once in a while, divided by the operations of a round, are no allocation of an operation.
    private const double ByteNoise = 0.5;

    /// <summary>Time of the head as a multiple of that of the base.</summary>
    public double Ratio => Head.Median / Base.Median;

    /// <summary>Whether an operation takes more managed memory than before.</summary>
    public bool AllocatesMore => Head.Bytes > Base.Bytes + ByteNoise;

    /// <summary>What can be said of the times.</summary>
    public Verdict Verdict
    {
        get
        {
            double[] slowerBase = Scaled(Base.Times), slowerHead = Scaled(Head.Times);
            if (IsCertain(Head.Times, slowerBase))
                return Verdict.Slower;
            if (IsCertain(Base.Times, slowerHead))
                return Verdict.Faster;
            return IsCertain(slowerBase, Head.Times) && IsCertain(slowerHead, Base.Times) ? Verdict.Same : Verdict.Unclear;
        }
    }

    /// <summary>Whether this line is a reason to refuse the head.</summary>
    public bool IsRegression => AllocatesMore || Verdict == Verdict.Slower;

    private bool IsCertain(double[] high, double[] low) => MannWhitney.IsHigher(high, low) <= Chance;

    private double[] Scaled(double[] times) => Array.ConvertAll(times, time => time * (1 + Threshold));
}
