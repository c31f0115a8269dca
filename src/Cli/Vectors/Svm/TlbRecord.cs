using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Vectors.Svm;

/// <summary>One recorded invalidation: <c>[start, end, tiles]</c>.</summary>
internal readonly record struct TlbRecord(ulong Start, ulong End, uint Tiles)
{
    public static TlbRecord[] Parse(string text)
    {
        if (text.Length == 0)
            return [];
        using JsonDocument json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(Read)];
    }

    /// <summary>The states of ranges or VMAs: where they are, and on which tiles they have entries, which their last numbers but one
    /// say.</summary>
    public static TlbRecord[] ParseStates(string text)
    {
        if (text.Length == 0)
            return [];
        using JsonDocument json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(state => new TlbRecord(
            state[0].ToUInt64("r"), state[1].ToUInt64("r"), state[state.GetArrayLength() - 2].ToUInt32("r")))];
    }

    /// <summary>As many, each on the same tiles and as wide as the other, or wider by what ends where something with entries there
    /// does.</summary>
    public static bool Covers(TlbRecord[] actual, TlbRecord[] expected, TlbRecord[] bound) =>
        actual.Length == expected.Length && actual.Zip(expected).All(pair => pair.First.Covers(pair.Second, bound));

    private bool Covers(TlbRecord other, TlbRecord[] bound)
    {
        TlbRecord own = this;
        return Tiles == other.Tiles
            && (Start == other.Start || (Start < other.Start && bound.Any(item => item.Start == own.Start && item.IsOn(own.Tiles))))
            && (End == other.End || (End > other.End && bound.Any(item => item.End == own.End && item.IsOn(own.Tiles))));
    }

    private bool IsOn(uint tiles) => (Tiles & tiles) != 0;

    private static TlbRecord Read(JsonElement record) =>
        new(record[0].ToUInt64("tlb"), record[1].ToUInt64("tlb"), record[2].ToUInt32("tlb"));
}
