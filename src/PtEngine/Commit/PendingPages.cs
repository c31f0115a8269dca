using XePt.Gpuva;
using XePt.Memory;
using XePt.Stage;
using XePt.Uapi.Formats;

namespace XePt.Commit;

/// <summary>
/// Takes pages that are not a VMA's own any more out of what is still to be written: its leaves in the records of its jobs, and in tables
/// that these are to link. What links tables stays, for others may have put entries into them.
/// </summary>
/// <remarks>The writer side, while it holds all jobs of the VM that have not written. A zap of the VMA comes with it, for what walkers can
/// see; but what has been written for a VMA whose unbind is on its way is taken away here: the plan does not know it any more.</remarks>
internal static unsafe class PendingPages
{
    /// <summary>Makes zeros of the leaves that jobs are to write for a VMA, and of those that an unbind of it has still to take
    /// away.</summary>
    /// <param name="tables">The tables of a tile.</param>
    /// <param name="jobs">The VMA's jobs on that tile, all held.</param>
    /// <param name="vma">The VMA.</param>
    /// <param name="isLeaving">The running call unbinds it, or is about to.</param>
    public static void Forget(TileTables tables, List<PtJob> jobs, in VmaInFlight vma, bool isLeaving)
    {
        (bool isWritten, bool isToBeUnbound) = (true, isLeaving);
        foreach (PtJob job in jobs)
        {
            foreach (ref readonly PtOp op in job.Update.Ops.Items)
            {
                if (op.Vma != vma.Vma)
                    continue;
                if (op.Kind == PtOpKind.Bind)
                    Forget(job.Update, op);
                isWritten &= !op.IsBind || op.IsRebind;
                isToBeUnbound |= op.Kind == PtOpKind.Unbind;
            }
        }

        // Until its first bind is written its place is somebody else's, and from its unbind on, too.
        if (isWritten && isToBeUnbound)
        {
            ForgetBelow(tables, tables.Pool.Entries(tables.Root), isCompact: false, new TableSpan(vma.Start, vma.End, tables.RootLevel));
            tables.NoteLinks();
        }
    }

    private static void Forget(TileUpdate update, in PtOp op)
    {
        foreach (ref readonly PtUpdate record in update.Updates.Items.Slice(op.FirstUpdate, op.UpdateCount))
        {
            // What its values link are tables of its own, in which nobody else has written yet.
            var below = new TableSpan(0, PageSizes.EntrySize(record.Level), record.Level - 1);
            // SAFETY: a bind's record has Count values.
            for (int i = 0; i < record.Count; i++)
                Forget(update.Tables, record.Values + i, record.Level, below);
        }
    }

    /// <summary>Makes a zero of an entry that is a leaf, or of the leaves below it.</summary>
    private static void Forget(TileTables tables, ulong* entry, int level, TableSpan below)
    {
        ulong value = *entry;
        if (value == 0 || value == tables.Empty(level))
            return;
        if (level == 0 || (value & PteFormats.PageSize) != 0)
        {
            PteBlock.Store(entry, 0);
            return;
        }

        // SAFETY: a directory entry that is not empty leads to a table of the pool.
        ulong* table = tables.Pool.Book.TryResolve(value & PteFormats.AddressMask);
        ForgetBelow(tables, table, isCompact: level == 1 && (value & PteFormats.Pde64K) != 0, below);
    }

    private static void ForgetBelow(TileTables tables, ulong* table, bool isCompact, TableSpan span)
    {
        // SAFETY: the index is below 512. A compact table has 32 entries, each of which stands for 16 of the span's.
        for (TableSpan rest = span; !rest.IsEmpty; rest = rest.Rest(1))
            Forget(tables, table + (isCompact ? rest.First / 16 : rest.First), rest.Level, rest.Level == 0 ? default : rest.BelowFirst);
    }
}
