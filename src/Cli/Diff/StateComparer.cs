using XePt.Cli.State;
using XePt.Cli.Traces;
using XePt.Uapi.Formats;

namespace XePt.Cli.Diff;

/// <summary>Compares what can be seen of two end states. How many flushes it took to get there, and where tables are, does not
/// count.</summary>
internal static class StateComparer
{
    /// <summary>All differences: device, then VM by VM its VMAs and its tables.</summary>
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
        differences.AddRange(tables.Compare(place, first.Tables, second.Tables));
    }

    private static void AddUnlessEqual(List<StateDifference> differences, string kind, string place, string? first, string? second)
    {
        if (first != second)
            differences.Add(new StateDifference(kind, place, first, second));
    }

    private static string? Describe(VmState? vm) =>
        vm is null ? null : $"{VmModeNames.NameOf(vm.Mode)} mode{(vm.HasScratch ? ", scratch pages" : "")}";

    private static string? Describe(VmaState? vma) => vma is null ? null : VmaText.Of(vma);
}
