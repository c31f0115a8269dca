namespace XePt.Generators.PteFormats;

/// <summary>Writes the expressions that spread the bits of a PAT index over an entry and gather them again (PT-021, PT-022).</summary>
internal static class PatScatter
{
    /// <summary>An expression of type <c>ulong</c>: the entry bits of the <c>uint</c> variable <paramref name="index"/>.</summary>
    public static string Scatter(IReadOnlyList<int> positions, string index) =>
        string.Join(" | ", Runs(positions).Select(run => $"((ulong)({index} & {Hex.Of(run.IndexMask)}) << {run.Shift})"));

    /// <summary>An expression of type <c>uint</c>: the index in the <c>ulong</c> variable <paramref name="raw"/>.</summary>
    public static string Gather(IReadOnlyList<int> positions, string raw) =>
        string.Join(" | ", Runs(positions).Select(run => $"((uint)({raw} >> {run.Shift}) & {Hex.Of(run.IndexMask)})"));

    /// <summary>Index bits that move by the same distance move together. Entry positions are never below the index bit.</summary>
    private static IEnumerable<(ulong IndexMask, int Shift)> Runs(IReadOnlyList<int> positions) => positions
        .Select(static (position, bit) => (Bit: bit, Shift: position - bit))
        .GroupBy(static move => move.Shift)
        .Select(static run => (run.Aggregate(0UL, static (mask, move) => mask | (1UL << move.Bit)), run.Key));
}
