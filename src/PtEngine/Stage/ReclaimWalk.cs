using XePt.Diagnostics;
using XePt.Memory;
using XePt.Tlb;
using XePt.Uapi.Formats;

namespace XePt.Stage;

/// <summary>
/// Collects the pages under an interval that is about to be unbound, by the tables that the unbind walk will enter (PT-191): those of level
/// 2 and below are read, a table before the ones below it. What it cannot list ends the list (PT-193).
/// </summary>
/// <remarks>A walk of its own in front of <see cref="UnbindWalk"/>, so that devices without page reclaim pay nothing for it. It reads
/// entries that nobody is writing: the caller has looked.</remarks>
internal readonly unsafe ref struct ReclaimWalk(TileUpdate update, ReclaimList list, GtStatistics statistics)
{
    private const int HighestListed = 2;
    private const int EntriesPer64K = 16;

    private readonly PageTablePool _pool = update.Tables.Pool;

    /// <summary>Adds the pages under <c>[start, end)</c>.</summary>
    /// <returns>False when something cannot be listed.</returns>
    public bool Run(ulong start, ulong end)
    {
        int page = update.Tables.Root;
        TableSpan span = new TableSpan(start, end, update.Tables.RootLevel).Descend(_pool, ref page);
        return Visit(page, span);
    }

    private bool Visit(int page, TableSpan span)
    {
        var edges = new TableEdges(_pool.Page(page), span);
        // A partly covered entry with a table below is that table's matter.
        if (!Read(page, span.Level, span.First + (edges.FirstTable != 0 ? 1 : 0), span.Last - (edges.LastTable != 0 ? 1 : 0)))
            return false;
        return (edges.FirstTable == 0 || Visit(edges.FirstTable, span.BelowFirst))
            && (edges.LastTable == 0 || Visit(edges.LastTable, span.BelowLast));
    }

    /// <summary>Adds the leaves of a table from one index to another, both inclusive.</summary>
    private bool Read(int page, int level, int first, int last)
    {
        ref TablePage table = ref _pool.Page(page);
        if (first > last)
            return true;
        if (level > HighestListed || table.IsCompact)
            return false;

        // SAFETY: both indices are below the 512 entries of the table.
        ulong* entries = _pool.Entries(page);
        for (int i = first; i <= last; i++)
        {
            ulong entry = entries[i];
            if (entry == 0 || ChildAt(table, i) != 0 || !TryAdd(entry, level))
                return false;
            if (level == 0 && (entry & PteFormats.Ps64) != 0)
                i += EntriesPer64K - 1;
        }

        return true;
    }

    private bool TryAdd(ulong entry, int level)
    {
        // Nothing is behind it that a cache could hold.
        if ((entry & PteFormats.Null) != 0)
            return true;
        if (level == HighestListed)
            return false;

        int sizeLog = level == 1 ? 9 : (entry & PteFormats.Ps64) != 0 ? 4 : 0;
        if (!list.TryAdd(entry & PteFormats.AddressMask, sizeLog))
            return false;
        statistics.Add(sizeLog switch { 9 => GtCounter.Prl2MEntryCount, 4 => GtCounter.Prl64KEntryCount, _ => GtCounter.Prl4KEntryCount });
        return true;
    }

    private static int ChildAt(in TablePage table, int index) =>
        // SAFETY: a directory has 512 child numbers, a table of level 0 none.
        table.Children == null ? 0 : table.Children[index];
}
