namespace XePt.Bench.Contract;

/// <summary>Start-up, replay and verify: what a run of the tool costs the processor, from its start to its end, against a .NET program that
/// does nothing, in turn. That one (<c>bench/XePt.Empty</c>) is started by its apphost, as an installed tool is, and as CI starts
/// it.</summary>
internal static class ToolLines
{
    private const int Runs = 9, FewestRuns = 3;

    public static IEnumerable<ContractLine> All(string tool)
    {
        yield return Line("Start-up", "xept run of the first sample ÷ empty .NET program, by its apphost", 2, runs => runs.StartUp());
        yield return Line("Replay", "xept run of 10 000 binds and unbinds ÷ empty .NET program, by its apphost", 6, runs => runs.Replay());
        yield return Line("Verify", "xept verify of bind_bmg ÷ empty .NET program, by its apphost", 16, runs => runs.Verify());

        ContractLine Line(string category, string name, double goal, Func<ToolRuns, double> run) =>
            new(category, name, Goal.AtMost(goal), 0.1, () => Measure(tool, run));
    }

    /// <summary>Null without a tool to start, or without the empty one.</summary>
    private static Reading? Measure(string tool, Func<ToolRuns, double> run)
    {
        using var runs = ToolRuns.Find(tool);
        if (runs is null)
            return null;
        List<double> ours = [], theirs = [];
        for (int i = 0; i < Runs && (i < FewestRuns || TimeBudget.LeftOfLine > TimeSpan.Zero); i++)
        {
            ours.Add(run(runs));
            theirs.Add(runs.Empty());
        }

        return PairedMeasure.ReadingOf(ours, theirs, isSpeedUp: false);
    }
}
