namespace XePt.Bench.Contract;

/// <summary>A line of the performance contract.</summary>
/// <param name="Category">Number in the contract, which is also the category of its benchmarks.</param>
/// <param name="Name">What is measured. Does not change, so that tables of different days can be compared.</param>
/// <param name="Goal">What is asked.</param>
/// <param name="Margin">How far noise alone may carry the ratio beyond it: 0.1 is 10 %.</param>
/// <param name="Measure">Measures; null when it cannot be measured here.</param>
internal sealed record ContractLine(string Category, string Name, Goal Goal, double Margin, Func<Reading?> Measure)
{
    private const double UsualMargin = 0.1;

    /// <summary>It counts something: noise is no excuse for it.</summary>
    public bool IsFact { get; init; }

    /// <summary>It is measured in processes of its own (<see cref="OwnProcesses"/>).</summary>
    public bool IsAlone { get; private init; }

    /// <summary>Why it is not measured in this kind of program, and what holds it instead; null where it is.</summary>
    public string? Elsewhere { get; init; }

    /// <summary>A line of two sides that are measured in turn.</summary>
    public static ContractLine Of(string category, string name, Goal goal, Func<PairCase> open, double margin = UsualMargin) =>
        new(category, name, goal, margin, () => PairedMeasure.Run(open, goal.IsLeast));

    /// <summary>A line that says a fact: the same in every run.</summary>
    public static ContractLine OfFact(string category, string name, Goal goal, Func<double> count, double margin = 0) =>
        new(category, name, goal, margin, () => Reading.OfFact(count())) { IsFact = true };

    /// <summary>The same line, measured in processes of its own.</summary>
    public ContractLine Alone() => this with { IsAlone = true };

    /// <summary>The same line with a margin that is no smaller than another one; a fact keeps its own.</summary>
    public ContractLine Widened(double margin) => IsFact ? this : this with { Margin = Math.Max(Margin, margin) };
}
