using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>
/// The unbind walk (specification 03 section 10): records which entries of shared tables must become empty so that an interval is gone,
/// and drops tables that lose their last entry by clearing the entry above them. Descends only along the two edges.
/// </summary>
internal readonly unsafe ref struct UnbindWalk(TileUpdate update, ulong start, ulong end)
{
    private readonly PageTablePool _pool = update.Tables.Pool;

    /// <summary>Records everything; children before parents, left edge before right (PT-105).</summary>
    /// <returns>Ok or -ENOMEM; then nothing counts as staged and the caller aborts.</returns>
    public Errno Run()
    {
        bool isKilled = false;
        return Visit(update.Tables.Root, start, end, isRoot: true, ref isKilled);
    }

    private Errno Visit(int page, ulong from, ulong to, bool isRoot, ref bool isKilled)
    {
        ref TablePage table = ref _pool.Page(page);
        int shift = PageSizes.EntryShift(table.Level);
        ulong mask = (1UL << shift) - 1;
        if (!isRoot && ((from | to) & mask) == 0 && (int)((to - from) >> shift) == table.Live)
        {
            isKilled = true;
            return Errno.Ok;
        }

        // Entries [first, last) lose their content; an edge that is only partly covered counts if its child is killed.
        int first = PageSizes.IndexAt(from, table.Level);
        int last = PageSizes.IndexAt(to - 1, table.Level) + 1;
        bool isOneEntry = last - first == 1;
        if ((from & mask) != 0 || (isOneEntry && (to & mask) != 0))
        {
            ulong edgeEnd = Math.Min(to, (from & ~mask) + mask + 1);
            Errno error = VisitEdge(table, first, from, edgeEnd, out bool isGone);
            if (error != Errno.Ok)
                return error;
            if (!isGone)
                first++;
        }

        if (!isOneEntry && (to & mask) != 0)
        {
            Errno error = VisitEdge(table, last - 1, to & ~mask, to, out bool isGone);
            if (error != Errno.Ok)
                return error;
            if (!isGone)
                last--;
        }

        bool edgesAreGone = first == PageSizes.IndexAt(from, table.Level) && last == PageSizes.IndexAt(to - 1, table.Level) + 1;
        if (!isRoot && edgesAreGone && last - first == table.Live)
        {
            isKilled = true;
            return Errno.Ok;
        }

        return first < last ? Record(page, first, last - first) : Errno.Ok;
    }

    private Errno VisitEdge(in TablePage table, int index, ulong from, ulong to, out bool isKilled)
    {
        isKilled = false;
        // SAFETY: a partly covered entry exists only in a directory, and index is below 512.
        int child = table.Children[index];
        return child == 0 ? Errno.Ok : Visit(child, from, to, isRoot: false, ref isKilled);
    }

    private Errno Record(int page, int first, int count)
    {
        byte level = _pool.Page(page).Level;
        ref PtUpdate record = ref update.Updates.TryAppend();
        if (Unsafe.IsNullRef(ref record))
            return Errno.ENOMEM;

        (record.Page, record.First, record.Count, record.Level) = (page, first, count, level);
        if (level > 0)
        {
            // SAFETY: the block holds count child numbers; prepare-commit swaps the table's own into it.
            record.Children = (int*)update.Arena.Rent((nuint)count * sizeof(int));
            if (record.Children == null)
                return Errno.ENOMEM;
            new Span<int>(record.Children, count).Clear();
        }

        return Errno.Ok;
    }
}
