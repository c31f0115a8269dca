namespace XePt.Cli.Vectors.Pages;

/// <summary>
/// The naive model of a VM's page tables: one dictionary entry per 4 KiB page. It knows nothing of tables, levels, page sizes or
/// operations; whatever an engine does with those, walking its tables must give what stands here.
/// </summary>
internal sealed class PageModel
{
    public const ulong PageSize = 0x1000;

    private readonly Dictionary<ulong, PageMapping> _pages = [];

    /// <summary>Pages by address.</summary>
    public Dictionary<ulong, PageMapping> Pages => _pages;

    /// <summary>The mapping of the page that contains an address, or null.</summary>
    public PageMapping? Find(ulong va) => _pages.TryGetValue(va & ~(PageSize - 1), out PageMapping page) ? page : null;

    /// <summary>Maps <c>[start, end)</c> to memory, in place of what was there.</summary>
    /// <param name="memory">Device address of each page of the memory behind it.</param>
    /// <param name="offset">Offset of <paramref name="start"/> inside that memory.</param>
    public void Map(ulong start, ulong end, ReadOnlySpan<ulong> memory, ulong offset, PageAttributes attributes)
    {
        int page = (int)(offset / PageSize);
        for (ulong va = start; va < end; va += PageSize)
            _pages[va] = new PageMapping(memory[page++], attributes);
    }

    /// <summary>Maps <c>[start, end)</c> to nothing, in place of what was there.</summary>
    public void MapNull(ulong start, ulong end, PageAttributes attributes)
    {
        for (ulong va = start; va < end; va += PageSize)
            _pages[va] = new PageMapping(0, attributes);
    }

    /// <summary>Zeroes the entries of mapped pages in <c>[start, end)</c>.</summary>
    public void Zap(ulong start, ulong end)
    {
        for (ulong va = start; va < end; va += PageSize)
        {
            if (_pages.TryGetValue(va, out PageMapping page))
                _pages[va] = page with { IsZapped = true };
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _pages.Clear();

    /// <summary>Device address of each page of a backing, with a bias added to each.</summary>
    public static ulong[] Expand(ReadOnlySpan<PhysicalRun> runs, ulong bias = 0)
    {
        var pages = new List<ulong>();
        foreach (PhysicalRun run in runs)
        {
            for (int chunk = 0; chunk < run.Count; chunk++)
            {
                for (ulong inside = 0; inside < run.Size; inside += PageSize)
                    pages.Add(bias + run.Address + ((ulong)chunk * run.Stride) + inside);
            }
        }

        return [.. pages];
    }
}
