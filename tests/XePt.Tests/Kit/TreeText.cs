namespace XePt.Tests.Kit;

/// <summary>
/// Page tables as text, in the form of the worked examples with single spaces: <c>L1 T2[1] VA 0x200000 = 0x10003003 -> T3</c>, runs of
/// three or more entries with one step as <c>L0 T3[16..31] VA a..b = v..w step s</c>, and the live counts in a last line.
/// </summary>
internal static class TreeText
{
    private const int ShortestRun = 3;

    /// <summary>Every entry of a tile's tables that has a child or differs from an empty one.</summary>
    public static string[] Lines(XeVm vm, int tile = 0)
    {
        List<TableCopy> tables = TableCopy.All(vm, tile);
        Dictionary<(int, ulong), int> numbers = tables.ToDictionary(table => (table.Level, table.Va), table => table.Number);
        IEnumerable<string> entries = tables.SelectMany(table => LinesOf(table, vm.EmptyEntry(table.Level, tile), numbers));
        return [.. entries, "num_live: " + string.Join(' ', tables.Select(table => $"T{table.Number}={table.Live}"))];
    }

    private static IEnumerable<string> LinesOf(TableCopy table, ulong empty, Dictionary<(int, ulong), int> numbers)
    {
        for (int i = 0, run; i < table.Entries.Length; i += run)
        {
            bool isEmpty = table.Entries[i] == empty;
            run = table.HasChild[i] || isEmpty ? 1 : RunAt(table, i, empty);
            if (run > 1)
                yield return Run(table, i, run);
            else if (table.HasChild[i])
                yield return $"{Single(table, i)} -> T{numbers[(table.Level - 1, table.VaOf(i))]}";
            else if (!isEmpty)
                yield return Single(table, i);
        }
    }

    /// <summary>Length of the run of equal steps that starts at an entry, or 1 when it is too short to be written as one.</summary>
    private static int RunAt(TableCopy table, int first, ulong empty)
    {
        ulong[] entries = table.Entries;
        int end = first + 1;
        while (end < entries.Length && entries[end] != empty && !table.HasChild[end]
            && entries[end] - entries[end - 1] == entries[first + 1] - entries[first])
        {
            end++;
        }


        return end - first >= ShortestRun ? end - first : 1;
    }

    private static string Single(TableCopy table, int index) =>
        $"L{table.Level} T{table.Number}[{index}]{Mark(table)} VA 0x{table.VaOf(index):x} = 0x{table.Entries[index]:x}";

    private static string Run(TableCopy table, int first, int count)
    {
        int last = first + count - 1;
        ulong step = table.Entries[first + 1] - table.Entries[first];
        string place = $"L{table.Level} T{table.Number}[{first}..{last}]{Mark(table)} VA 0x{table.VaOf(first):x}..0x{table.VaOf(last):x}";
        return step == 0
            ? $"{place} = 0x{table.Entries[first]:x} each"
            : $"{place} = 0x{table.Entries[first]:x}..0x{table.Entries[last]:x} step 0x{step:x}";
    }

    private static string Mark(TableCopy table) => table.IsCompact ? " compact" : "";
}
