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

    /// <summary>As many, each on the same tiles and over at least as much.</summary>
    public static bool Covers(TlbRecord[] actual, TlbRecord[] expected) =>
        actual.Length == expected.Length && actual.Zip(expected).All(pair =>
            pair.First.Tiles == pair.Second.Tiles && pair.First.Start <= pair.Second.Start && pair.First.End >= pair.Second.End);

    private static TlbRecord Read(JsonElement record) =>
        new(record[0].ToUInt64("tlb"), record[1].ToUInt64("tlb"), record[2].ToUInt32("tlb"));
}
