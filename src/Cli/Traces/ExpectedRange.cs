using System.Text.Json;
using XePt.Cli.Input;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Traces;

/// <summary>A range of a mirror as a record expects it; null fields do not matter.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
/// <param name="Binding">Whether the GPU can use it, as <see cref="SvmRangeState.Binding"/> says.</param>
/// <param name="Memory">Where all of its pages are, as <see cref="PagePlace.Word"/> says.</param>
/// <param name="Tile">In whose memory.</param>
internal sealed record ExpectedRange(ulong Start, ulong End, string? Binding, string? Memory, int? Tile)
{
    private static readonly string[] Bindings = ["bound", "not bound", "invalidated", "unmapped"];
    private static readonly string[] Memories = [.. Enum.GetValues<PageHome>().Select(home => new PagePlace(home).Word)];

    public static ExpectedRange Read(JsonElement value)
    {
        var fields = new JsonFields(value, "range");
        var range = new ExpectedRange(
            fields.Take("start").ToUInt64("start"), fields.Take("end").ToUInt64("end"), TakeOneOf(fields, "binding", Bindings),
            TakeOneOf(fields, "memory", Memories), fields.TryTake("tile", out JsonElement tile) ? tile.ToInt32("tile") : null);
        fields.End();
        return range;
    }

    /// <summary>Says how the ranges of a VM differ from those that are expected.</summary>
    public static void Compare(IReadOnlyList<ExpectedRange> expected, VmMirrors? mirrors, List<string> differences)
    {
        IReadOnlyList<SvmRangeState> actual = mirrors?.State.Ranges ?? [];
        if (expected.Count != actual.Count)
            differences.Add($"expected {Console.Count.Of(expected.Count, "range")}, got {actual.Count}");
        for (int i = 0; i < Math.Min(expected.Count, actual.Count); i++)
        {
            if (!expected[i].Matches(actual[i], mirrors!.Shares[i]))
                differences.Add(
                    $"expected range {expected[i]}, "
                    + $"got {Text(actual[i].Start, actual[i].End, actual[i].Binding)} {mirrors.Shares[i]}");
        }
    }

    public override string ToString() =>
        $"{Text(Start, End, Binding)}{(Memory is null ? "" : $" {Memory}")}{(Tile is null ? "" : $" of tile {Tile}")}";

    private static string Text(ulong start, ulong end, string? binding) =>
        $"{CallText.Interval(start, end)}{(binding is null ? "" : $" {binding}")}";

    private static string? TakeOneOf(JsonFields fields, string name, string[] known)
    {
        string? word = fields.TakeText(name);
        return word is null || known.Contains(word, StringComparer.Ordinal)
            ? word : throw new MalformedRecordException($"'{name}': \"{word}\" is none of {string.Join(", ", known)}");
    }

    private bool Matches(in SvmRangeState range, MemoryShares shares) =>
        range.Start == Start && range.End == End
        && (Binding is null || range.Binding == Binding)
        && (Memory is null || shares.Shares is [var only] && only.Place.Word == Memory)
        && (Tile is null || shares.Shares is [{ Place.Home: PageHome.Vram } share] && share.Place.Tile == Tile);
}
