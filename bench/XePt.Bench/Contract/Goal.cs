using System.Globalization;

namespace XePt.Bench.Contract;

/// <summary>What a line of the contract asks of its ratio.</summary>
/// <param name="Value">The ratio that the contract names.</param>
/// <param name="IsLeast">The ratio must be at least that: a speed-up. Else at most.</param>
internal readonly record struct Goal(double Value, bool IsLeast)
{
    /// <summary>What is accepted where a floor puts the goal out of reach, which docs/performance.md explains line by line; null where the
    /// goal itself is to be met.</summary>
    public double? Floor { get; init; }

    /// <summary>The floor is so many times what a side beside the two has cost that does only what nobody can leave out; null where it is
    /// known beforehand.</summary>
    public double? TimesMeasured { get; init; }

    public static Goal AtMost(double value, double? floor = null) => new(value, IsLeast: false) { Floor = floor };

    public static Goal AtLeast(double value, double? floor = null) => new(value, IsLeast: true) { Floor = floor };

    /// <summary>At most a ratio, or so many times what the floor of the case has cost in the same run.</summary>
    public static Goal AtMostOrTimesFloor(double value, double times) => new(value, IsLeast: false) { TimesMeasured = times };

    /// <summary>The same goal with the floor that a run has measured.</summary>
    public Goal After(in Reading reading) => this with { Floor = TimesMeasured * reading.FloorRatio ?? Floor };

    /// <summary>Met; not beyond the floor that stands in the way of the goal; beyond what is accepted, but within the margin of noise;
    /// missed.</summary>
    public string VerdictOn(double ratio, double margin) => IsWithin(ratio, Value) ? "met"
        : Floor is { } floor && IsWithin(ratio, floor) ? "floor"
        : IsMissedBy(ratio, margin) ? "MISSED" : "margin";

    /// <summary>What is accepted is missed by more than noise explains.</summary>
    public bool IsMissedBy(double ratio, double margin) => !IsWithin(ratio, IsLeast ? Accepted / (1 + margin) : Accepted * (1 + margin));

    /// <summary>For example <c>≤ 1.05</c> or <c>≤ 3 (floor 5)</c>; a floor that is still to be measured is not named.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(IsLeast ? "≥" : "≤")} {Value}{(Floor is { } floor ? $" (floor {floor:0.##})" : "")}");

    private double Accepted => Floor ?? Value;

    private bool IsWithin(double ratio, double bound) => IsLeast ? ratio >= bound : ratio <= bound;
}
