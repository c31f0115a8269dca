using XePt.Tests.Kit;

namespace XePt.Tests.PageTables;

/// <summary>The invariants of specification 03 section 21 that hold for every tree, checked on the bytes of the tables.</summary>
internal static class TreeInvariants
{
    /// <param name="countsAreExact">No scratch and no zap: live counts equal the entries in use (PT-211).</param>
    public static void Check(TestGpu gpu, bool countsAreExact)
    {
        for (int tile = 0; tile < gpu.Device.Platform.TileCount; tile++)
        {
            List<TableCopy> tables = TableCopy.All(gpu.Vm, tile);
            Dictionary<(int, ulong), TableCopy> places = tables.ToDictionary(table => (table.Level, table.Va));
            foreach (TableCopy table in tables)
            {
                CheckCounts(table, isRoot: table == tables[0], countsAreExact);
                CheckChildren(gpu, table, tile, places);
                if (table is { Level: 0, IsCompact: false })
                    CheckHints(table);
            }
        }
    }

    /// <summary>PT-214, for every op of a request.</summary>
    public static void Check(RequestTrace trace)
    {
        foreach (OpTrace op in trace.Tiles.SelectMany(tile => tile.Ops))
        {
            Assert.InRange(op.Records.Count, op.IsBind ? 1 : 0, 9);
            Assert.Equal(op.Records.Count, op.Records.Select(record => record.Table).Distinct().Count());
            Assert.All(op.Records, record => Assert.InRange(record.First + record.Values.Length, 1, 512));
        }
    }

    /// <summary>PT-210, PT-211.</summary>
    private static void CheckCounts(TableCopy table, bool isRoot, bool areExact)
    {
        Assert.InRange(table.Live, isRoot ? 0 : 1, table.Entries.Length);
        if (areExact)
            Assert.Equal(table.Entries.Count(entry => entry != 0), table.Live);
    }

    /// <summary>PT-209, PT-212: what the engine plans and what the bytes link are the same tables.</summary>
    private static void CheckChildren(TestGpu gpu, TableCopy table, int tile, Dictionary<(int, ulong), TableCopy> places)
    {
        ulong pdeBits = gpu.Vm.RootDescriptor(tile) & ~EntryBits.AddressMask;
        for (int i = 0; i < table.Entries.Length; i++)
        {
            ulong entry = table.Entries[i];
            if (table.HasChild[i] && entry != 0)
                Assert.Equal(LinkTo(places[(table.Level - 1, table.VaOf(i))], pdeBits), entry);
            else if (!table.HasChild[i] && EntryBits.IsPde(entry, table.Level))
                Assert.Equal(gpu.Vm.EmptyEntry(table.Level, tile), entry);
        }
    }

    private static ulong LinkTo(TableCopy child, ulong pdeBits) =>
        child.DeviceAddress | pdeBits | (child.IsCompact ? EntryBits.Compact : 0);

    /// <summary>PT-213.</summary>
    private static void CheckHints(TableCopy table)
    {
        foreach (ulong[] chunk in table.Entries.Chunk(16))
        {
            int hinted = chunk.Count(entry => (entry & EntryBits.Ps64) != 0);
            Assert.True(hinted is 0 or 16);
            if (hinted == 0)
                continue;

            bool isNull = (chunk[0] & EntryBits.Null) != 0;
            Assert.Equal(0ul, chunk[0] & 0xf000);
            for (int i = 1; i < 16; i++)
                Assert.Equal(chunk[0] + (isNull ? 0 : (ulong)i * 4096), chunk[i]);
        }
    }
}
