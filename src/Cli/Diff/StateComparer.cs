using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.State.Svm;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Uapi.Formats;

namespace XePt.Cli.Diff;

/// <summary>Compares what can be seen of two end states. How many flushes it took to get there, and where tables are, does not
/// count.</summary>
internal static class StateComparer
{
    /// <summary>All differences: device, then VM by VM its VMAs, what is in its mirrors, and its tables.</summary>
    public static IReadOnlyList<StateDifference> Compare(EndState first, EndState second)
    {
        var differences = new List<StateDifference>();
        AddUnlessEqual(differences, "device", "platform", first.Platform.Name, second.Platform.Name);
        AddUnlessEqual(differences, "device", "profile", ProfileNames.NameOf(first.Profile), ProfileNames.NameOf(second.Profile));
        foreach (((string, uint) _, VmState? a, VmState? b) in Pair(first.Vms, second.Vms, vm => (vm.Client ?? "", vm.Id)))
            CompareVms(differences, $"vm {(a ?? b)!.Name}", a, b, new TableComparer(FormatOf(first, a), FormatOf(second, b)));
        return differences;
    }

    private static PteFormatId FormatOf(EndState state, VmState? vm) => (vm?.Platform ?? state.Platform).FormatId;

    /// <summary>Pairs two lists by key, in the order of the keys.</summary>
    internal static IEnumerable<(TKey Key, T? First, T? Second)> Pair<TKey, T>(
        IEnumerable<T> first, IEnumerable<T> second, Func<T, TKey> keyOf)
        where TKey : notnull
        where T : class
    {
        Dictionary<TKey, T> a = first.ToDictionary(keyOf), b = second.ToDictionary(keyOf);
        return a.Keys.Union(b.Keys).Order().Select(key => (key, a.GetValueOrDefault(key), b.GetValueOrDefault(key)));
    }

    private static void CompareVms(List<StateDifference> differences, string place, VmState? first, VmState? second, TableComparer tables)
    {
        AddUnlessEqual(differences, "vm", place, Describe(first), Describe(second));
        if (first is null || second is null)
            return;

        foreach ((ulong start, VmaState? a, VmaState? b) in Pair(first.Vmas, second.Vmas, vma => vma.Start))
            AddUnlessEqual(differences, "vma", $"{place}: VMA at 0x{start:x}", Describe(a), Describe(b));
        CompareMirrors(differences, place, first.Mirrors, second.Mirrors);
        differences.AddRange(tables.Compare(place, first.Tables, second.Tables));
    }

    private static void CompareMirrors(List<StateDifference> differences, string place, VmMirrors? first, VmMirrors? second)
    {
        foreach ((ulong start, RangeText? a, RangeText? b) in Pair(RangesOf(first), RangesOf(second), range => range.Start))
            AddUnlessEqual(differences, "range", $"{place}: range at 0x{start:x}", a?.Text, b?.Text);
        foreach ((ulong start, RangeText? a, RangeText? b) in Pair(NotifiersOf(first), NotifiersOf(second), notifier => notifier.Start))
            AddUnlessEqual(differences, "notifier", $"{place}: notifier at 0x{start:x}", a?.Text, b?.Text);
    }

    private static IEnumerable<RangeText> RangesOf(VmMirrors? mirrors) => mirrors is null ? [] : mirrors.State.Ranges
        .Zip(mirrors.Shares, (range, shares) => new RangeText(
            range.Start,
            $"{CallText.Interval(range.Start, range.End)} {range.Binding} present on tiles {VmaText.TilesOf(range.Present)}"
            + $" invalidated on tiles {VmaText.TilesOf(range.Invalidated)}: {(range.IsGiven ? "pages that the trace named" : shares)}"));

    private static IEnumerable<RangeText> NotifiersOf(VmMirrors? mirrors) => mirrors is null ? [] : mirrors.State.Notifiers
        .Select(notifier => new RangeText(
            notifier.Start, $"{CallText.Interval(notifier.Start, notifier.End)} {Count.Of(notifier.Ranges, "range")}"));

    private static void AddUnlessEqual(List<StateDifference> differences, string kind, string place, string? first, string? second)
    {
        if (first != second)
            differences.Add(new StateDifference(kind, place, first, second));
    }

    private sealed record RangeText(ulong Start, string Text);

    private static string? Describe(VmState? vm) =>
        vm is null ? null : $"{VmModeNames.NameOf(vm.Mode)} mode{(vm.HasScratch ? ", scratch pages" : "")}";

    private static string? Describe(VmaState? vma) => vma is null ? null
        : $"{VmaText.Of(vma)}{(vma.Present > 1 ? $" on tiles {VmaText.TilesOf(vma.Present)}" : "")}"
            + $"{(vma.Invalidated != 0 ? $" invalidated on tiles {VmaText.TilesOf(vma.Invalidated)}" : "")}{(vma.IsStale ? " stale" : "")}"
            + $"{(vma.Advice.Length > 0 ? $" advice: {vma.Advice}" : "")}";
}
