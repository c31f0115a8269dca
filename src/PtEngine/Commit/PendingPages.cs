using XePt.Memory;
using XePt.Stage;
using XePt.Uapi.Formats;

namespace XePt.Commit;

/// <summary>
/// Takes pages that are not a VMA's own any more out of what is still to be written: its leaves in the records of an update, and in tables
/// that no entry may link yet. What links tables stays, for others may have put entries into them.
/// </summary>
/// <remarks>The writer side; of the records only while it holds the job they belong to. A zap of the VMA comes with it, for what walkers
/// can see.</remarks>
internal static unsafe class PendingPages
{
    /// <summary>Makes zeros of the leaves that an update is to write for a VMA.</summary>
    public static void Forget(TileUpdate update, int vma)
    {
        foreach (ref readonly PtOp op in update.Ops.Items)
        {
            if (op.Kind != PtOpKind.Bind || op.Vma != vma)
                continue;
            foreach (ref readonly PtUpdate record in update.Updates.Items.Slice(op.FirstUpdate, op.UpdateCount))
                ForgetLeaves(record);
        }
    }

    /// <summary>Makes zeros of the leaves of <c>[start, end)</c> in all tables of the plan.</summary>
    public static void Clear(TileTables tables, ulong start, ulong end) =>
        Clear(tables.Pool, tables.Root, new TableSpan(start, end, tables.RootLevel));

    private static void ForgetLeaves(in PtUpdate record)
    {
        // SAFETY: a bind's record has Count values.
        for (int i = 0; i < record.Count; i++)
        {
            if (record.Level == 0 || (record.Values[i] & PteFormats.PageSize) != 0)
                record.Values[i] = 0;
        }
    }

    private static void Clear(PageTablePool pool, int page, TableSpan span)
    {
        ref TablePage table = ref pool.Page(page);
        for (TableSpan rest = span; !rest.IsEmpty; rest = rest.Rest(1))
        {
            int index = rest.First;
            // SAFETY: the index is below 512; a directory has 512 child numbers, a table of level 0 none. A compact table has 32 entries,
            // each of which stands for 16 of the span's.
            int child = table.Children == null ? 0 : table.Children[index];
            if (child != 0)
                Clear(pool, child, rest.BelowFirst);
            else
                PteBlock.Store(pool.Entries(page) + (table.IsCompact ? index / 16 : index), 0);
        }
    }
}
