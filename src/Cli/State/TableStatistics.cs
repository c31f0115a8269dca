using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Tables and used entries of one level.</summary>
internal readonly record struct LevelStatistics(int Level, int Tables, int CompactTables, long Entries);

/// <summary>Pages of one size that are mapped, and the bytes they cover.</summary>
internal readonly record struct PageStatistics(string Size, long Pages, ulong Bytes);

/// <summary>How many tables, entries and pages a VM has.</summary>
/// <param name="Levels">Root level first.</param>
/// <param name="Tables">Tables of all levels.</param>
/// <param name="Bytes">Memory of all tables.</param>
/// <param name="Pages">The page sizes in use, smallest first, NULL pages last.</param>
internal sealed record TableStatistics(IReadOnlyList<LevelStatistics> Levels, int Tables, ulong Bytes, IReadOnlyList<PageStatistics> Pages)
{
    private const ulong TableBytes = 4096;
    private const int EntriesPer64K = 16;
    private const string NullPages = "null";

    private static readonly string[] SizesInOrder = ["4K", "64K", "compact-64K", "2M", "1G", NullPages];

    /// <summary>Counts the tables of a VM.</summary>
    public static TableStatistics Of(VmState vm, PlatformInfo platform)
    {
        LevelStatistics[] levels = [.. vm.Tables
            .GroupBy(table => table.Level)
            .OrderByDescending(level => level.Key)
            .Select(level => new LevelStatistics(
                level.Key, level.Count(), level.Count(table => table.IsCompact), level.Sum(table => table.Entries.Sum(run => (long)run.Count))))];
        return new TableStatistics(levels, vm.Tables.Count, (ulong)vm.Tables.Count * TableBytes, CountPages(vm, platform.FormatId));
    }

    private static PageStatistics[] CountPages(VmState vm, PteFormatId format)
    {
        var pages = new Dictionary<string, PageStatistics>();
        foreach (TableState table in vm.Tables)
        {
            foreach (EntryRun run in table.Entries)
            {
                DecodedPte entry = PteFormats.Decode(format, table.Level, table.IsCompact, run.Value);
                if (run.IsChild || !entry.Present)
                    continue;

                string size = SizeOf(entry);
                ulong bytes = entry.PageSizeBytes * (ulong)run.Count;
                PageStatistics before = pages.GetValueOrDefault(size, new PageStatistics(size, 0, 0));
                pages[size] = before with { Pages = before.Pages + run.Count, Bytes = before.Bytes + bytes };
            }
        }

        if (pages.TryGetValue("64K", out PageStatistics hinted))
            pages["64K"] = hinted with { Pages = hinted.Pages / EntriesPer64K };
        return [.. SizesInOrder.Where(pages.ContainsKey).Select(size => pages[size])];
    }

    private static string SizeOf(in DecodedPte entry) => entry switch
    {
        { IsNull: true } => NullPages,
        { Kind: PteEntryKind.Leaf64K } => "compact-64K",
        { Kind: PteEntryKind.Leaf2M } => "2M",
        { Kind: PteEntryKind.Leaf1G } => "1G",
        { Ps64: true } => "64K",
        _ => "4K",
    };
}
