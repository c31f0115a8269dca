using XePt.Cli.State;
using XePt.Uapi.Formats;

namespace XePt.Cli.Diff;

/// <summary>Compares the page tables of two VMs entry by entry.</summary>
/// <param name="firstFormat">Format of the first VM's entries.</param>
/// <param name="secondFormat">Format of the second VM's entries.</param>
internal sealed class TableComparer(PteFormatId firstFormat, PteFormatId secondFormat)
{
    private const int MaxEntries = 512;
    private const string Empty = "empty";

    /// <summary>All differences, tables in the order of tile, level from the root down, and address.</summary>
    public IEnumerable<StateDifference> Compare(string place, IEnumerable<TableState> first, IEnumerable<TableState> second)
    {
        foreach (((int tile, int height, ulong va), TableState? a, TableState? b) in
            StateComparer.Pair(first, second, table => (table.Tile, -table.Level, table.Va)))
        {
            string at = $"{place}: tile {tile} level {-height} table at 0x{va:x}";
            if (Describe(a) is var firstText && Describe(b) is var secondText && firstText != secondText)
                yield return new StateDifference("table", at, firstText, secondText);
            if (a is null || b is null)
                continue;
            foreach (StateDifference difference in CompareEntries(at, a, b))
                yield return difference;
        }
    }

    /// <summary>Neighbouring entries that differ in the same way are one difference.</summary>
    private IEnumerable<StateDifference> CompareEntries(string place, TableState first, TableState second)
    {
        EntryRun?[] a = Expand(first), b = Expand(second);
        for (int i = 0; i < MaxEntries;)
        {
            if (ValueAt(a, i) == ValueAt(b, i))
            {
                i++;
                continue;
            }

            int end = i + 1;
            while (end < MaxEntries && a[end] == a[i] && b[end] == b[i] && ValueAt(a, end) != ValueAt(b, end))
                end++;
            string which = end == i + 1 ? $"entry {i}" : $"entries {i} to {end - 1}";
            yield return new StateDifference(
                "entry", $"{place}, {which}", Describe(first, a, i, firstFormat), Describe(second, b, i, secondFormat));
            i = end;
        }
    }

    private static string? Describe(TableState? table) =>
        table is null ? null : $"{table.Live} live {(table.Live == 1 ? "entry" : "entries")}{(table.IsCompact ? ", compact" : "")}";

    private static string Describe(TableState table, EntryRun?[] runs, int index, PteFormatId format) => runs[index] is { } run
        ? $"0x{run.ValueAt(index):x}: {PteFormats.Decode(format, table.Level, table.IsCompact, run.ValueAt(index))}"
        : Empty;

    /// <summary>The entry as far as it counts, or null where there is none: of a directory entry, all but where the child is.</summary>
    private static ulong? ValueAt(EntryRun?[] runs, int index) => runs[index] switch
    {
        null => null,
        { IsChild: true } run => run.Value & ~PteFormats.AddressMask,
        { } run => run.ValueAt(index),
    };

    /// <summary>The run that each entry belongs to.</summary>
    private static EntryRun?[] Expand(TableState table)
    {
        var runs = new EntryRun?[MaxEntries];
        foreach (EntryRun run in table.Entries)
            Array.Fill(runs, run, run.Index, run.Count);
        return runs;
    }
}
