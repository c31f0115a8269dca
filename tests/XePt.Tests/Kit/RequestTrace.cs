using XePt.Memory;
using XePt.Stage;
using XePt.Uapi;

namespace XePt.Tests.Kit;

/// <summary>What one request did, with the values its records wrote.</summary>
/// <param name="Error">What the call returned.</param>
/// <param name="Tiles">Per tile what was staged; after an error what had been staged before it.</param>
internal sealed record RequestTrace(Errno Error, IReadOnlyList<TileTrace> Tiles)
{
    /// <summary>Tile 0.</summary>
    public TileTrace Tile => Tiles[0];

    /// <summary>The only PT op of tile 0.</summary>
    public OpTrace Op => Assert.Single(Tile.Ops);

    /// <summary>Runs a request and looks at what it left.</summary>
    public static RequestTrace Of(XeVm vm, Func<Errno> request)
    {
        HashSet<int>[] before = [.. vm.Context.Call.Tiles.Select(tile => NumbersOf(vm, tile))];
        Errno error = request();
        return new RequestTrace(
            error, [.. vm.Context.Call.Tiles.Select(tile => TileTrace.Of(tile, before[tile.Tile], NumbersOf(vm, tile)))]);
    }

    private static HashSet<int> NumbersOf(XeVm vm, TileUpdate tile) => [.. TableCopy.All(vm, tile.Tile).Select(table => table.Number)];
}

/// <summary>What a request staged on one tile.</summary>
/// <param name="Start">First address of the hull; above <paramref name="Last"/> when nothing was staged.</param>
/// <param name="Last">Last address of the hull, inclusive.</param>
/// <param name="Freed">Numbers of the tables that are gone, those that an abort threw away included.</param>
internal sealed record TileTrace(TileUpdate Update, ulong Start, ulong Last, IReadOnlyList<OpTrace> Ops, IReadOnlyList<int> Freed)
{
    /// <summary>The TLB was flushed.</summary>
    public bool NeedsInvalidation { get; } = Update.NeedsInvalidation;

    /// <summary>PT ops counted while parsing.</summary>
    public int ReservedOps { get; } = Update.ReservedOps;

    /// <summary>All records of all ops, in write order.</summary>
    public IEnumerable<RecordTrace> Records => Ops.SelectMany(op => op.Records);

    internal static TileTrace Of(TileUpdate update, HashSet<int> before, HashSet<int> after)
    {
        var known = new HashSet<int>(before);
        var ops = new OpTrace[update.Ops.Count];
        for (int i = 0; i < ops.Length; i++)
            ops[i] = OpTrace.Of(update, update.Ops[i], known);
        return new TileTrace(update, update.Start, update.Last, ops, [.. known.Except(after).Order()]);
    }
}

/// <summary>One PT op.</summary>
/// <param name="NewTables">Tables it made, as <c>T3(L0)</c>, in the order of their places.</param>
internal sealed record OpTrace(bool IsBind, bool IsRebind, IReadOnlyList<RecordTrace> Records, IReadOnlyList<string> NewTables)
{
    internal static OpTrace Of(TileUpdate update, in PtOp op, HashSet<int> known)
    {
        var records = new RecordTrace[op.UpdateCount];
        var made = new SortedDictionary<int, int>();
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = RecordTrace.Of(update, update.Updates[op.FirstUpdate + i]);
            if (op.IsBind)
                CollectNew(update.Tables, records[i].Values, records[i].Level, known, made);
        }

        return new OpTrace(op.IsBind, op.IsRebind, records, [.. made.Select(table => $"T{table.Key}(L{table.Value})")]);
    }

    /// <summary>
    /// Follows the entries that were written to tables not seen before. The bytes of a table stay readable after an abort.
    /// </summary>
    private static unsafe void CollectNew(
        TileTables tables, ReadOnlySpan<ulong> entries, int level, HashSet<int> known, SortedDictionary<int, int> made)
    {
        foreach (ulong entry in entries)
        {
            if (!EntryBits.IsPde(entry, level) || entry == tables.Empty(level))
                continue;

            int page = tables.Pool.PageAt(entry & EntryBits.AddressMask);
            if (!known.Add(page - tables.Pool.FirstPage))
                continue;
            made.Add(page - tables.Pool.FirstPage, level - 1);
            // SAFETY: a table page has 512 entries, and its slab stays in place as long as the device lives.
            CollectNew(tables, new ReadOnlySpan<ulong>(tables.Pool.Entries(page), PageTablePool.EntriesPerTable), level - 1, known, made);
        }
    }
}

/// <summary>A run of entries of one shared table that a PT op changes, with the values it writes.</summary>
internal sealed record RecordTrace(int Table, int Level, int First, ulong[] Values)
{
    /// <summary>As in the worked examples: <c>T3(L0) entries 16..17 = 0x2000003, 0x2001003</c>.</summary>
    public override string ToString() => Values.Length == 1
        ? $"T{Table}(L{Level}) entry {First} = 0x{Values[0]:x}"
        : $"T{Table}(L{Level}) entries {First}..{First + Values.Length - 1} = {ValuesText()}";

    internal static unsafe RecordTrace Of(TileUpdate update, in PtUpdate record)
    {
        var values = new ulong[record.Count];
        Array.Fill(values, update.Tables.Empty(record.Level));
        // SAFETY: a bind record has Count values in the request's arena, which is kept until the next request begins.
        if (record.Values != null)
            new ReadOnlySpan<ulong>(record.Values, record.Count).CopyTo(values);
        return new RecordTrace(record.Page - update.Tables.Pool.FirstPage, record.Level, record.First, values);
    }

    private string ValuesText()
    {
        ulong step = Values[1] - Values[0];
        bool isSequence = Values.Length > 2 && !Values.Where((value, i) => value != Values[0] + ((ulong)i * step)).Any();
        if (!isSequence)
            return string.Join(", ", Values.Select(value => $"0x{value:x}"));
        return step == 0
            ? $"0x{Values[0]:x} (x{Values.Length})"
            : $"0x{Values[0]:x}..0x{Values[^1]:x} (x{Values.Length}, step 0x{step:x})";
    }
}
