using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Vectors.Svm;

/// <summary>One recorded invalidation: <c>[start, end, tiles]</c>.</summary>
internal readonly record struct TlbRecord(ulong Start, ulong End, uint Tiles)
{
    public static TlbRecord[] Parse(string text) => [.. StepView.Records(text).Select(Read)];

    /// <summary>The states of ranges or VMAs: where they are, and on which tiles they are marked as bound.</summary>
    public static TlbRecord[] ParsePresent(string text) => [.. StepView.Records(text).Select(state => StateOf(state, uint.MaxValue))];

    /// <summary>And on which tiles what they have there is valid.</summary>
    public static TlbRecord[] ParseValid(string text) =>
        [.. StepView.Records(text).Select(state => StateOf(state, ~state[state.GetArrayLength() - 1].ToUInt32("state")))];

    /// <summary>As many, each on the same tiles and as wide as the other, or wider by what ends where something that was zapped there
    /// does.</summary>
    public static bool Covers(TlbRecord[] actual, TlbRecord[] expected, TlbRecord[] zapped) =>
        actual.Length == expected.Length && actual.Zip(expected).All(pair => pair.First.Covers(pair.Second, zapped));

    private bool Covers(TlbRecord other, TlbRecord[] zapped)
    {
        TlbRecord own = this;
        return Tiles == other.Tiles
            && (Start == other.Start || (Start < other.Start && zapped.Any(item => item.Start == own.Start && item.IsOn(own.Tiles))))
            && (End == other.End || (End > other.End && zapped.Any(item => item.End == own.End && item.IsOn(own.Tiles))));
    }

    private static TlbRecord StateOf(JsonElement state, uint tiles) => new(
        state[0].ToUInt64("state"), state[1].ToUInt64("state"), state[state.GetArrayLength() - 2].ToUInt32("state") & tiles);

    private bool IsOn(uint tiles) => (Tiles & tiles) != 0;

    private static TlbRecord Read(JsonElement record) =>
        new(record[0].ToUInt64("tlb"), record[1].ToUInt64("tlb"), record[2].ToUInt32("tlb"));
}
