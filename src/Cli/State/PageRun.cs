using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>Neighbouring pages of one size on a tile, <c>[Start, End)</c>.</summary>
/// <param name="Size">Their size, by name.</param>
/// <param name="PageBytes">Their size.</param>
internal readonly record struct PageRun(ulong Start, ulong End, string Size, ulong PageBytes)
{
    /// <summary>Stands for the size where entries fault in a VM whose empty entries do not: what was mapped with scratch pages around it
    /// has been zapped.</summary>
    public const string Zeroed = "zeroed";

    /// <summary>What the tables of a tile map, by address.</summary>
    public static PageRun[] Of(VmState vm, int tile, PteFormatId format)
    {
        var runs = new List<PageRun>();
        foreach (TableState table in vm.Tables.Where(table => table.Tile == tile))
        {
            foreach (EntryRun run in table.Entries)
            {
                if (Find(table, run, format) is { } found)
                    runs.Add(found);
            }
        }

        // A directory's own leaves come before those of the tables below it.
        return [.. runs.OrderBy(run => run.Start)];
    }

    /// <summary>The pages that entries of a table map, or that they are zeroed; null when they lead to tables.</summary>
    public static PageRun? Find(TableState table, in EntryRun run, PteFormatId format)
    {
        if (run.IsChild)
            return null;
        DecodedPte leaf = PteFormats.Decode(format, table.Level, table.IsCompact, run.Value);
        ulong bytes = StateCapture.EntryBytes(table.Level, table.IsCompact), start = table.Va + ((ulong)run.Index * bytes);
        ulong end = start + ((ulong)run.Count * bytes);
        return PageNames.Of(leaf) is { } size ? new PageRun(start, end, size, PageNames.BytesOf(leaf))
            : !leaf.Present ? new PageRun(start, end, Zeroed, bytes)
            : null;
    }

    /// <summary>The runs that have something in <c>[start, end)</c>.</summary>
    /// <param name="runs">Runs by address.</param>
    public static IEnumerable<PageRun> Within(PageRun[] runs, ulong start, ulong end)
    {
        int low = 0, high = runs.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (runs[middle].End <= start)
                low = middle + 1;
            else
                high = middle;
        }

        for (int i = low; i < runs.Length && runs[i].Start < end; i++)
            yield return runs[i] with { Start = Math.Max(start, runs[i].Start), End = Math.Min(end, runs[i].End) };
    }
}
