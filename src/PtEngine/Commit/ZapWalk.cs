using XePt.Memory;
using XePt.Stage;

namespace XePt.Commit;

/// <summary>
/// Invalidation without freeing (specification 03 section 11): zeroes, also in scratch VMs, every entry that lies wholly inside the interval
/// in the root and along the two edges. Tables, children and live counts stay.
/// </summary>
internal static unsafe class ZapWalk
{
    /// <summary>Zaps <c>[start, end)</c>.</summary>
    /// <returns>True when any entry was written, so that the TLB must be flushed (PT-113).</returns>
    public static bool Run(TileTables tables, ulong start, ulong end)
    {
        bool wrote = Visit(tables.Pool, tables.Root, start, end);
        if (wrote)
            tables.NoteLinks();
        return wrote;
    }

    private static bool Visit(PageTablePool pool, int page, ulong start, ulong end)
    {
        ref TablePage table = ref pool.Page(page);
        ulong mask = PageSizes.EntrySize(table.Level) - 1;
        int first = PageSizes.IndexAt(start, table.Level);
        int last = PageSizes.IndexAt(end - 1, table.Level) + 1;
        bool isOneEntry = last - first == 1;
        bool wrote = false;
        if ((start & mask) != 0 || (isOneEntry && (end & mask) != 0))
        {
            wrote |= VisitChild(pool, table, first, start, Math.Min(end, (start & ~mask) + mask + 1));
            first++;
        }

        if (!isOneEntry && (end & mask) != 0)
        {
            wrote |= VisitChild(pool, table, last - 1, end & ~mask, end);
            last--;
        }

        if (first >= last)
            return wrote;

        // SAFETY: first and last are indices of this table.
        PteBlock.StoreEach(pool.Entries(page) + first, (nuint)(last - first), 0);
        return true;
    }

    private static bool VisitChild(PageTablePool pool, in TablePage table, int index, ulong start, ulong end)
    {
        // SAFETY: only a directory has partly covered entries; index is below 512.
        int child = table.Children[index];
        return child != 0 && Visit(pool, child, start, end);
    }
}
