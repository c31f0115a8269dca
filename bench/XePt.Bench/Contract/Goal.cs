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

    public static Goal AtMost(double value, double? floor = null) => new(value, IsLeast: false) { Floor = floor };

    public static Goal AtLeast(double value, double? floor = null) => new(value, IsLeast: true) { Floor = floor };

    /// <summary>The goal is met.</summary>
    public bool IsMetBy(double ratio) => IsWithin(ratio, Value);

    /// <summary>What is accepted is missed by more than noise explains.</summary>
    public bool IsMissedBy(double ratio, double margin)
    {
        double accepted = Floor ?? Value;
        return !IsWithin(ratio, IsLeast ? accepted / (1 + margin) : accepted * (1 + margin));
    }

    /// <summary>For example <c>≤ 1.05</c> or <c>≤ 3 (floor 5)</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(IsLeast ? "≥" : "≤")} {Value}{(Floor is { } floor ? $" (floor {floor})" : "")}");

    private bool IsWithin(double ratio, double bound) => IsLeast ? ratio >= bound : ratio <= bound;
}
