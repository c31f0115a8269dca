using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

/// <summary>
/// The unbind walk (specification 03 section 10): records which entries of shared tables must become empty so that an interval is gone,
/// and drops tables that lose their last entry by clearing the entry above them. Goes straight down to where the interval forks, then along
/// the two edges.
/// </summary>
internal readonly unsafe ref struct UnbindWalk(TileUpdate update)
{
    private readonly PageTablePool _pool = update.Tables.Pool;

    /// <summary>Records an interval that lies in the leaf table where the walk before this one ended.</summary>
    /// <param name="update">Where it is staged.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    /// <param name="leaf">The table.</param>
    /// <param name="error">Ok or -ENOMEM, as for <see cref="RunFromRoot"/>.</param>
    /// <returns>False when it does not lie there, or the table goes with it.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRecordLast(TileUpdate update, ulong start, ulong end, out int leaf, out Errno error)
    {
        error = Errno.Ok;
        if (!update.Tables.TryRecallLeaf(start, end, out leaf))
            return false;
        var span = new TableSpan(start, end, level: 0);
        if (span.Count == update.Tables.Pool.Page(leaf).Live)
            return false;
        error = Record(update, leaf, level: 0, span.First, span.Count);
        return true;
    }

    /// <summary>Records everything for <c>[start, end)</c>; children before parents, left edge before right (PT-105).</summary>
    /// <returns>Ok or -ENOMEM; then nothing counts as staged and the caller aborts.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Errno RunFromRoot(ulong start, ulong end)
    {
        int* path = stackalloc int[PageSizes.MostLevels];
        TileTables tables = update.Tables;
        TableSpan top = tables.StartOf(start, end, out int page);
        // A directory that may lose its last entry takes entries above it along, so the way to it has to be known.
        if (top.Level == 1 && top.Count >= _pool.Page(page).Live)
            (page, top) = (tables.Root, new TableSpan(start, end, tables.RootLevel));
        TableSpan span = top.Descend(_pool, ref page, path);
        tables.Remember(span, page);
        Errno error = Visit(page, in span, isRoot: span.Level == tables.RootLevel, out bool isKilled);

        // A table that lost its last entry takes the entry above it along, and perhaps the table that one is in.
        for (int level = span.Level + 1; isKilled && error == Errno.Ok; level++)
        {
            isKilled = level < tables.RootLevel && _pool.Page(path[level]).Live == 1;
            if (!isKilled)
                error = Record(update, path[level], level, PageSizes.IndexAt(start, level), 1);
        }

        return error;
    }

    private Errno Visit(int page, in TableSpan span, bool isRoot, out bool isKilled)
    {
        ref TablePage table = ref _pool.Page(page);
        var edges = new TableEdges(table, span);
        // Entries [first, end) lose their content; an edge that is only partly covered counts if its table is killed.
        int first = edges.First, end = edges.End;
        isKilled = false;
        Errno error = Errno.Ok;
        if (edges.FirstTable != 0)
        {
            error = Visit(edges.FirstTable, span.BelowFirst, isRoot: false, out bool isGone);
            first -= isGone ? 1 : 0;
        }

        if (error == Errno.Ok && edges.LastTable != 0)
        {
            error = Visit(edges.LastTable, span.BelowLast, isRoot: false, out bool isGone);
            end += isGone ? 1 : 0;
        }

        if (error != Errno.Ok)
            return error;

        // A compact table's entries are 64 KiB each, but it covers no fewer bytes.
        int count = end - first;
        isKilled = !isRoot && count == table.Live && count == span.Count;
        return isKilled || count <= 0 ? Errno.Ok : Record(update, page, span.Level, first, count);
    }

    private static Errno Record(TileUpdate update, int page, int level, int first, int count)
    {
        ref PtUpdate record = ref update.Updates.TryAppend();
        if (Unsafe.IsNullRef(ref record))
            return Errno.ENOMEM;

        (record.Page, record.First, record.Count, record.Level) = (page, first, count, (byte)level);
        return level == 0 || TryKeepChildren(update, ref record, count) ? Errno.Ok : Errno.ENOMEM;
    }

    /// <summary>Makes room for the children that are taken out of the plan.</summary>
    private static bool TryKeepChildren(TileUpdate update, ref PtUpdate record, int count)
    {
        // SAFETY: the block holds count child numbers; accepting the op swaps the table's own into it.
        record.Children = (int*)update.Arena.Rent((nuint)count * sizeof(int));
        if (record.Children == null)
            return false;
        new Span<int>(record.Children, count).Clear();
        return true;
    }
}
