namespace XePt.Tests.Kit;

/// <summary>How many leaves of each size hang on a tile's root; entries equal to an empty one do not count.</summary>
internal readonly record struct LeafCensus(int Size4K = 0, int Compact64K = 0, int Size2M = 0, int Size1G = 0)
{
    public static LeafCensus Of(XeVm vm, int tile = 0)
    {
        var census = new LeafCensus();
        foreach (TableCopy table in TableCopy.All(vm, tile))
        {
            ulong empty = vm.EmptyEntry(table.Level, tile);
            int leaves = table.Entries.Where((entry, i) => entry != empty && !table.HasChild[i]).Count();
            census = (table.Level, table.IsCompact) switch
            {
                (0, false) => census with { Size4K = census.Size4K + leaves },
                (0, true) => census with { Compact64K = census.Compact64K + leaves },
                (1, _) => census with { Size2M = census.Size2M + leaves },
                (2, _) => census with { Size1G = census.Size1G + leaves },
                _ => leaves == 0 ? census : throw new InvalidOperationException($"a leaf in level {table.Level}"),
            };
        }

        return census;
    }
}
