using XePt.Devices;

namespace XePt.Cli.State;

/// <summary>A VM with what its tables map for each VMA.</summary>
/// <param name="State">The VM.</param>
/// <param name="Platform">What it runs on.</param>
/// <param name="Vmas">VMAs by address.</param>
/// <param name="Pages">What each tile maps.</param>
internal sealed record MappedVm(VmState State, PlatformInfo Platform, IReadOnlyList<MappedVma> Vmas, PageRun[][] Pages)
{
    /// <param name="merge">Join neighbours that differ in nothing but their place.</param>
    public static MappedVm Of(VmState vm, PlatformInfo platform, bool merge = false)
    {
        PageRun[][] pages = [.. Enumerable.Range(0, platform.TileCount).Select(tile => PageRun.Of(vm, tile, platform.FormatId))];
        return new MappedVm(vm, platform, [.. (merge ? Merge(vm.Vmas) : vm.Vmas).Select(vma => MappedVma.Of(vma, pages))], pages);
    }

    private static IEnumerable<VmaState> Merge(IEnumerable<VmaState> vmas)
    {
        VmaState? open = null;
        foreach (VmaState vma in vmas)
        {
            if (open is not null && Continues(open, vma))
            {
                open = open with { End = vma.End };
                continue;
            }

            if (open is not null)
                yield return open;
            open = vma;
        }

        if (open is not null)
            yield return open;
    }

    private static bool Continues(VmaState left, VmaState right)
    {
        ulong offset = left.Kind is "bo" or "userptr" ? left.Offset + (left.End - left.Start) : left.Offset;
        // Page sizes are what was, not what is asked for.
        return right == left with { Start = left.End, End = right.End, Offset = offset, PageSizes = right.PageSizes };
    }
}

/// <summary>A VMA with the pages that are mapped in it.</summary>
/// <param name="Pages">By tile and size.</param>
/// <param name="Tiles">Tiles there are.</param>
internal sealed record MappedVma(VmaState Vma, IReadOnlyList<PageStatistics> Pages, int Tiles)
{
    /// <param name="pages">What each tile maps, by address.</param>
    public static MappedVma Of(VmaState vma, PageRun[][] pages)
    {
        var counted = new List<PageStatistics>();
        for (int tile = 0; tile < pages.Length; tile++)
        {
            var counter = new PageCounter(tile);
            foreach (PageRun run in PageRun.Within(pages[tile], vma.Start, vma.End))
                counter.Add(run.Size, run.PageBytes, run.End - run.Start);
            counted.AddRange(counter.ToStatistics());
        }

        return new MappedVma(vma, counted, pages.Length);
    }

    /// <summary>For lists: <c>3 x 2M, 16 x 4K</c>, or <c>none</c>; of each tile where there are several.</summary>
    public string PagesText
    {
        get
        {
            string[] tiles = [.. Enumerable.Range(0, Tiles).Select(TextOf)];
            return tiles.Any(text => text != tiles[0]) ? string.Join("; ", tiles.Select((text, tile) => $"tile {tile}: {text}"))
                : Tiles == 1 || Pages.Count == 0 ? tiles[0]
                : $"{tiles[0]} on each tile";
        }
    }

    private string TextOf(int tile) => string.Join(
        ", ", Pages.Where(page => page.Tile == tile).Select(page => $"{page.Pages} x {page.Size}").DefaultIfEmpty("none"));
}
