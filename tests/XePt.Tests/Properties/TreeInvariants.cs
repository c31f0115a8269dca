using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Properties;

/// <summary>The invariants of specification 03 section 21 that hold for every tree, checked on the bytes of the tables.</summary>
internal static class TreeInvariants
{
    /// <summary>PT-209 to PT-213, for every tile.</summary>
    public static void Check(XeVm vm)
    {
        for (int tile = 0; tile < vm.File.Device.Platform.TileCount; tile++)
        {
            List<TableCopy> tables = TableCopy.All(vm, tile);
            Dictionary<(int, ulong), TableCopy> places = tables.ToDictionary(table => (table.Level, table.Va));
            foreach (TableCopy table in tables)
            {
                CheckCounts(vm, table, isRoot: table == tables[0]);
                CheckChildren(vm, table, tile, places);
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

    /// <summary>PT-210, PT-211. Counts are exact without scratch and zaps; with both, entries that only
    /// invalidate count once more with each bind .</summary>
    private static void CheckCounts(XeVm vm, TableCopy table, bool isRoot)
    {
        bool mayZap = vm.Mode == VmMode.Fault;
        Assert.InRange(table.Live, isRoot ? 0 : 1, vm.HasScratch && mayZap ? int.MaxValue : table.Entries.Length);
        if (!vm.HasScratch && !mayZap)
            Assert.Equal(table.Entries.Count(entry => entry != 0), table.Live);
    }

    /// <summary>PT-209, PT-212: what the engine plans and what the bytes link are the same tables.</summary>
    private static void CheckChildren(XeVm vm, TableCopy table, int tile, Dictionary<(int, ulong), TableCopy> places)
    {
        ulong pdeBits = vm.RootDescriptor(tile) & ~EntryBits.AddressMask;
        for (int i = 0; i < table.Entries.Length; i++)
        {
            ulong entry = table.Entries[i];
            if (table.HasChild[i] && entry != 0)
                Assert.Equal(LinkTo(places[(table.Level - 1, table.VaOf(i))], pdeBits), entry);
            else if (!table.HasChild[i] && EntryBits.IsPde(entry, table.Level))
                Assert.Equal(vm.EmptyEntry(table.Level, tile), entry);
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
