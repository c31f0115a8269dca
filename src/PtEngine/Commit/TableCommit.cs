using System.Runtime.CompilerServices;
using XePt.Epochs;
using XePt.Memory;
using XePt.Stage;

namespace XePt.Commit;

/// <summary>
/// Makes a staged tile update visible: writes the shared entries in order, leaf tables before the entries that link them, and retires
/// the tables the update displaced (specification 03 sections 9 and 14).
/// </summary>
/// <remarks>
/// Concurrency: walkers on other threads read the same entries. Each entry is written by one aligned 8-byte store, so a walker sees the old
/// or the new value (PT-164). A private table is completely written during staging; the write barrier in front of every store of a record
/// orders those writes before the entry that links the table (PT-165), so no walker can reach an unfilled table. Displaced tables are
/// retired only after the last store and the barrier behind it, as <see cref="EpochDomain"/> asks.
/// </remarks>
internal static unsafe class TableCommit
{
    /// <summary>Writes every record of every staged op, in order (PT-159, PT-162).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(TileUpdate update)
    {
        int level = 0;
        // SAFETY: the list does not change meanwhile; First and Count stay inside the 512 entries of the record's table.
        PtUpdate* end = update.Updates.End;
        for (PtUpdate* record = update.Updates.First; record < end; record++)
        {
            level |= record->Level;
            ulong* entries = update.Tables.Pool.Entries(record->Page) + (uint)record->First;
            if (record->Count == 1)
                PteBlock.Store(entries, record->Values != null ? *record->Values : EmptyOf(update, record->Level));
            else if (record->Values != null)
                PteBlock.StoreEach(entries, record->Values, (nuint)record->Count);
            else
                PteBlock.StoreEach(entries, (nuint)record->Count, EmptyOf(update, record->Level));
        }

        if (level > 0)
            update.Tables.NoteLinks();
        else
            Volatile.WriteBarrier();
    }

    private static ulong EmptyOf(TileUpdate update, int level) => update.IsZap ? 0 : update.Tables.Empty(level);

    /// <summary>Retires what a written and flushed update has displaced, and frees what has waited long enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Retire(TileUpdate update)
    {
        if (update.ChangesDirectories)
            ReleaseDisplaced(update);
        if (!update.Tables.Retired.IsEmpty)
            update.Tables.Retired.Reclaim();
    }

    private static void ReleaseDisplaced(TileUpdate update)
    {
        foreach (ref readonly PtUpdate record in update.Updates.Items)
        {
            // SAFETY: a record of the plan holds Count displaced children, 0 or rented pages nobody links any more.
            if (record.Children != null)
                update.Tables.Retired.Release(new ReadOnlySpan<int>(record.Children, record.Count));
        }
    }

    /// <summary>Retires the subtrees that the update's entries used to link (PT-061, PT-096); they are freed when no walker can be in
    /// them.</summary>
    public static void RetireDisplaced(TileUpdate update)
    {
        foreach (ref readonly PtUpdate record in update.Updates.Items)
        {
            if (record.Children == null)
                continue;

            // SAFETY: a record of the plan holds Count displaced children, 0 or rented pages nobody links any more.
            for (int i = 0; i < record.Count; i++)
            {
                if (record.Children[i] != 0)
                    update.Tables.Retired.Retire(record.Children[i]);
            }
        }
    }
}
