namespace XePt.Streaming;

/// <summary>Copies or fills a rectangle of bytes, by runs that lie together in memory; it may be interrupted after each.</summary>
internal static class RectangleMove
{
    // Bytes that count as one instruction in the budget.
    private const int BudgetBytes = 4096;

    /// <summary>Copies.</summary>
    public static Step Copy(Column column, in Surface from, in Surface to, long rowBytes, long rows)
    {
        ulong all = Total(rowBytes, rows);
        while (column.Progress < all)
        {
            (long x, long y) = Place(column.Progress, rowBytes);
            int count = from.RunOf(x, rowBytes, to.RunOf(x, rowBytes, Most(column, all)));
            Span<byte> bytes = column.Worker.Chunk.AsSpan(0, count);
            Step step = column.Memory.Read(from.AddressOf(x, y), bytes);
            if (step == Step.Next)
                step = column.Memory.Write(to.AddressOf(x, y), bytes);
            if (step != Step.Next)
                return step;
            if (!GoOn(column, count, all))
                return Step.Unfinished;
        }

        return Step.Next;
    }

    /// <summary>Fills with a pattern, again and again from the start of each row.</summary>
    public static Step Fill(Column column, in Surface to, ReadOnlySpan<byte> pattern, long rowBytes, long rows)
    {
        ulong all = Total(rowBytes, rows);
        while (column.Progress < all)
        {
            (long x, long y) = Place(column.Progress, rowBytes);
            int count = to.RunOf(x, rowBytes, Most(column, all));
            Span<byte> bytes = column.Worker.Chunk.AsSpan(0, count);
            Repeat(pattern, (int)(x % pattern.Length), bytes);
            Step step = column.Memory.Write(to.AddressOf(x, y), bytes);
            if (step != Step.Next)
                return step;
            if (!GoOn(column, count, all))
                return Step.Unfinished;
        }

        return Step.Next;
    }

    private static ulong Total(long rowBytes, long rows) => rowBytes <= 0 || rows <= 0 ? 0 : (ulong)rowBytes * (ulong)rows;

    private static (long X, long Y) Place(ulong progress, long rowBytes) =>
        ((long)(progress % (ulong)rowBytes), (long)(progress / (ulong)rowBytes));

    private static int Most(Column column, ulong all) =>
        (int)Math.Min((ulong)column.Memory.MostBytes(StreamWorker.ChunkBytes), all - column.Progress);

    /// <summary>Notes what is done; false when the budget is used up and something is left.</summary>
    private static bool GoOn(Column column, int count, ulong all)
    {
        column.Progress += (ulong)count;
        column.Worker.Budget -= (count + BudgetBytes - 1) / BudgetBytes;
        return column.Worker.Budget > 0 || column.Progress == all;
    }

    private static void Repeat(ReadOnlySpan<byte> pattern, int first, Span<byte> into)
    {
        if (pattern.Length == 1)
        {
            into.Fill(pattern[0]);
            return;
        }

        for (int i = 0; i < into.Length; i++)
            into[i] = pattern[(first + i) % pattern.Length];
    }
}
