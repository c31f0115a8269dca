using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Tables and used entries of one level of a tile.</summary>
internal readonly record struct LevelStatistics(int Tile, int Level, int Tables, int CompactTables, long Entries);

/// <summary>How many tables, entries and pages a VM has.</summary>
/// <param name="Levels">By tile, root level first.</param>
/// <param name="Tables">Tables of all levels and tiles.</param>
/// <param name="Bytes">Memory of all tables.</param>
/// <param name="Pages">The page sizes in use, by tile.</param>
internal sealed record TableStatistics(IReadOnlyList<LevelStatistics> Levels, int Tables, ulong Bytes, IReadOnlyList<PageStatistics> Pages)
{
    private const ulong TableBytes = 4096;

    /// <summary>Counts the tables of a VM.</summary>
    public static TableStatistics Of(VmState vm, PlatformInfo platform)
    {
        LevelStatistics[] levels = [.. vm.Tables
            .GroupBy(table => (table.Tile, Height: -table.Level))
            .OrderBy(level => level.Key)
            .Select(level => new LevelStatistics(
                level.Key.Tile, -level.Key.Height, level.Count(), level.Count(table => table.IsCompact),
                level.Sum(table => table.Entries.Sum(run => (long)run.Count))))];
        PageStatistics[] pages = [.. Enumerable.Range(0, platform.TileCount).SelectMany(tile => CountPages(vm, tile, platform.FormatId))];
        return new TableStatistics(levels, vm.Tables.Count, (ulong)vm.Tables.Count * TableBytes, pages);
    }

    private static IEnumerable<PageStatistics> CountPages(VmState vm, int tile, PteFormatId format)
    {
        var counter = new PageCounter(tile);
        foreach (PageRun run in PageRun.Of(vm, tile, format))
            counter.Add(run.Size, run.PageBytes, run.End - run.Start);
        return counter.ToStatistics();
    }
}
