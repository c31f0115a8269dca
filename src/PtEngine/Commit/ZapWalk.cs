using System.Diagnostics;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Commit;

/// <summary>
/// Invalidation without freeing (specification 03 section 11): zeroes, also in scratch VMs, every entry that lies wholly inside the
/// interval in the root and along the two edges. Tables, children and live counts stay.
/// </summary>
internal static unsafe class ZapWalk
{
    /// <summary>What to do with a run of entries of a table.</summary>
    private interface ISink
    {
        void Zero(int page, int level, int first, int count);
    }

    /// <summary>Zaps <c>[start, end)</c> now.</summary>
    /// <returns>True when any entry was written, so that the TLB must be flushed (PT-113).</returns>
    public static bool Run(TileTables tables, ulong start, ulong end)
    {
        var writer = new Writer(tables.Pool);
        bool wrote = Visit(ref writer, tables.Pool, tables.Root, new TableSpan(start, end, tables.RootLevel));
        if (wrote)
            tables.NoteLinks();
        return wrote;
    }

    /// <summary>Stages the zap of <c>[start, end)</c> as an update of its own, in which every record zeroes its entries
    /// (<see cref="TileUpdate.IsZap"/>). Entries of a VMA that is present stay where they are until the update is written: whatever would
    /// move them overlaps it and waits for it.</summary>
    /// <returns>True when there is anything to write. The update is empty, so its records fit into what it has (<see
    /// cref="TileUpdate.MostZapUpdates"/>).</returns>
    public static bool Stage(TileUpdate update, int vma, ulong start, ulong end)
    {
        var recorder = new Recorder(update);
        if (!Visit(ref recorder, update.Tables.Pool, update.Tables.Root, new TableSpan(start, end, update.Tables.RootLevel)))
            return false;

        bool added = update.Ops.TryAdd(new PtOp { Kind = PtOpKind.Zap, Vma = vma, UpdateCount = update.Updates.Count });
        Debug.Assert(added);
        update.WidenHull(start, end, highestLevel: 0);
        return true;
    }

    private static bool Visit<TSink>(ref TSink sink, PageTablePool pool, int page, TableSpan span)
        where TSink : struct, ISink, allows ref struct
    {
        var edges = new TableEdges(pool.Page(page), span);
        bool wrote = edges.FirstTable != 0 && Visit(ref sink, pool, edges.FirstTable, span.BelowFirst);
        wrote |= edges.LastTable != 0 && Visit(ref sink, pool, edges.LastTable, span.BelowLast);
        if (edges.First >= edges.End)
            return wrote;

        sink.Zero(page, span.Level, edges.First, edges.End - edges.First);
        return true;
    }

    private readonly ref struct Writer(PageTablePool pool) : ISink
    {
        private readonly PageTablePool _pool = pool;

        public void Zero(int page, int level, int first, int count)
        {
            // SAFETY: the walk gives indices of this table.
            PteBlock.StoreEach(_pool.Entries(page) + first, (nuint)count, 0);
        }
    }

    private readonly ref struct Recorder(TileUpdate update) : ISink
    {
        private readonly TileUpdate _update = update;

        public void Zero(int page, int level, int first, int count)
        {
            bool added = _update.Updates.TryAdd(new PtUpdate { Page = page, First = first, Count = count, Level = (byte)level });
            Debug.Assert(added);
        }
    }
}
