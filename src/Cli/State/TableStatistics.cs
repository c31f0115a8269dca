using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Tables and used entries of one level.</summary>
internal readonly record struct LevelStatistics(int Level, int Tables, int CompactTables, long Entries);

/// <summary>How many tables, entries and pages a VM has, all tiles together.</summary>
/// <param name="Levels">Root level first.</param>
/// <param name="Tables">Tables of all levels.</param>
/// <param name="Bytes">Memory of all tables.</param>
/// <param name="Pages">The page sizes in use.</param>
internal sealed record TableStatistics(IReadOnlyList<LevelStatistics> Levels, int Tables, ulong Bytes, IReadOnlyList<PageStatistics> Pages)
{
    private const ulong TableBytes = 4096;

    /// <summary>Counts the tables of a VM.</summary>
    public static TableStatistics Of(VmState vm, PlatformInfo platform)
    {
        LevelStatistics[] levels = [.. vm.Tables
            .GroupBy(table => table.Level)
            .OrderByDescending(level => level.Key)
            .Select(level => new LevelStatistics(
                level.Key, level.Count(), level.Count(table => table.IsCompact),
                level.Sum(table => table.Entries.Sum(run => (long)run.Count))))];
        return new TableStatistics(levels, vm.Tables.Count, (ulong)vm.Tables.Count * TableBytes, CountPages(vm, platform.FormatId));
    }

    private static PageStatistics[] CountPages(VmState vm, PteFormatId format)
    {
        var pages = new PageCounter();
        foreach (TableState table in vm.Tables)
        {
            foreach (EntryRun run in table.Entries.Where(run => !run.IsChild))
            {
                DecodedPte entry = PteFormats.Decode(format, table.Level, table.IsCompact, run.Value);
                pages.Add(entry, entry.PageSizeBytes * (ulong)run.Count);
            }
        }

        return pages.ToStatistics();
    }
}
