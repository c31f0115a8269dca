using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Compares all page tables of a VM with what they must be; keeps the first difference.</summary>
internal ref struct TableComparer(ExpectedState expected, PteFormatId format, int step) : ITableVisitor
{
    /// <summary>Address bits of an entry that points to a table.</summary>
    public const ulong AddressBits = 0x000f_ffff_ffff_f000;

    private int _seen;

    /// <summary>The first difference, or null.</summary>
    public Difference? Difference { get; private set; }

    public static Difference? Compare(XeVm vm, ExpectedState expected, PteFormatId format, int step)
    {
        var comparer = new TableComparer(expected, format, step);
        vm.VisitTables(ref comparer);
        return comparer.Difference ?? comparer.FindMissing();
    }

    public void Visit(in TableView table)
    {
        if (Difference is not null)
            return;
        if (!expected.Tables.TryGetValue(new TableKey(table.Level, table.Va), out TableImage? image))
        {
            Difference = At(table.Va, table.Level, "table", "none", $"one with {table.Live} live entries");
            return;
        }

        image.SeenAfter = step;
        _seen++;
        Difference = CompareFacts(image, table) ?? (table.Level == 0 ? CompareLeaves(image, table) : CompareDirectory(image, table));
    }

    private readonly Difference? FindMissing()
    {
        if (_seen == expected.Tables.Count)
            return null;
        int after = step;
        (TableKey key, TableImage image) = expected.Tables.Where(pair => pair.Value.SeenAfter != after)
            .MinBy(pair => (-pair.Key.Level, pair.Key.Va));
        return At(key.Va, key.Level, "table", $"one with {image.Live} live entries", "none");
    }

    private static Difference? CompareFacts(TableImage image, in TableView table)
    {
        if (table.IsCompact != image.IsCompact)
            return At(table.Va, table.Level, "compact flag", TextOf(image.IsCompact), TextOf(table.IsCompact));
        return table.Live == image.Live ? null : At(table.Va, table.Level, "live count", $"{image.Live}", $"{table.Live}");
    }

    private readonly Difference? CompareLeaves(TableImage image, in TableView table)
    {
        int same = image.Entries.CommonPrefixLength(table.Entries);
        return same == table.Entries.Length ? null : EntryDifference(image, table, same, table.Entries[same]);
    }

    private readonly Difference? CompareDirectory(TableImage image, in TableView table)
    {
        for (int i = 0; i < table.Entries.Length; i++)
        {
            bool hasChild = table.HasChild(i);
            if (hasChild != image.HasChild(i))
                return At(VaOf(table, i), table.Level, $"child table of entry {i}", image.HasChild(i) ? "attached" : "none",
                    hasChild ? "attached" : "none");

            ulong entry = hasChild ? table.Entries[i] & ~AddressBits : table.Entries[i];
            if (entry != image.Entries[i])
                return EntryDifference(image, table, i, entry);
        }

        return null;
    }

    private readonly Difference EntryDifference(TableImage image, in TableView table, int index, ulong found) => At(
        VaOf(table, index), table.Level, $"entry {index}", Describe(table, image.Entries[index]), Describe(table, found));

    private readonly string Describe(in TableView table, ulong entry) => PteFormats.Describe(format, table.Level, table.IsCompact, entry);

    private static ulong VaOf(in TableView table, int index) =>
        table.Va + ((ulong)index << (table.IsCompact ? 16 : 12 + (9 * table.Level)));

    private static string TextOf(bool isCompact) => isCompact ? "compact" : "normal";

    private static Difference At(ulong va, int level, string what, string expected, string found) =>
        new(what, expected, found) { Va = va, Level = level };
}
