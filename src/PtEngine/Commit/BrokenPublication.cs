using XePt.Memory;
using XePt.Stage;

namespace XePt.Commit;

/// <summary>Test hook: links new tables before they are filled, to show that a walker in between is found out; see <see cref="TileTables.BreaksPublication"/>.</summary>
internal static unsafe class BrokenPublication
{
    /// <param name="update">What to write.</param>
    /// <param name="between">Called while the new tables are linked and still hold what their pages held before.</param>
    public static void Write(TileUpdate update, Action between)
    {
        var filled = new List<ulong[]>();
        foreach (int page in update.NewTables.Items)
        {
            var entries = new Span<ulong>(update.Tables.Pool.Entries(page), PageTablePool.EntriesPerTable);
            filled.Add(entries.ToArray());
            // What a former owner may have left: a present leaf to somewhere else.
            entries.Fill(0x6_6600_0003);
        }

        TableCommit.WriteRecords(update);
        between();
        for (int i = 0; i < filled.Count; i++)
            filled[i].CopyTo(new Span<ulong>(update.Tables.Pool.Entries(update.NewTables[i]), PageTablePool.EntriesPerTable));
    }
}
