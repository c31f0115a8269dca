namespace XePt.Bench.Contract;

/// <summary>What was measured: candidate ÷ reference, of a speed-up the other way round.</summary>
/// <param name="Min">Best round by best round.</param>
/// <param name="P25">First quartile by first quartile; what counts.</param>
/// <param name="Median">Median of the ratios of neighbouring rounds.</param>
/// <param name="CandidateNs">First quartile of the candidate, ns per operation; 0 of a fact.</param>
/// <param name="ReferenceNs">The same of the reference.</param>
internal readonly record struct Reading(double Min, double P25, double Median, double CandidateNs, double ReferenceNs)
{
    /// <summary>First quartile of the floor by that of the reference; null without a floor that is measured.</summary>
    public double? FloorRatio { get; init; }

    public static Reading OfFact(double value) => new(value, value, value, 0, 0);
}
