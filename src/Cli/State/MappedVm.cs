using XePt.Cli.Traces;
using XePt.Uapi.Formats;

namespace XePt.Cli.State;

/// <summary>A VM with what its tables map for each VMA.</summary>
internal sealed record MappedVm(uint Id, IReadOnlyList<MappedVma> Vmas)
{
    /// <param name="merge">Join neighbours that differ in nothing but their place.</param>
    public static MappedVm Of(XeVm vm, TracePlayer player, bool merge)
    {
        IEnumerable<VmaState> vmas = StateCapture.VmasOf(vm, player);
        IReadOnlyList<MappingRun> mappings = vm.GetMappings();
        PteFormatId format = player.Device.Platform.FormatId;
        return new MappedVm(vm.Id, [.. (merge ? Merge(vmas) : vmas).Select(vma => MappedVma.Of(vma, mappings, format))]);
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
        return right == left with { Start = left.End, End = right.End, Offset = offset, Pages = right.Pages };
    }
}

/// <summary>A VMA with the pages that tile 0 maps in it.</summary>
internal sealed record MappedVma(VmaState Vma, IReadOnlyList<PageStatistics> Pages)
{
    /// <param name="mappings">All mappings of the VM, by address.</param>
    public static MappedVma Of(VmaState vma, IReadOnlyList<MappingRun> mappings, PteFormatId format)
    {
        var pages = new PageCounter();
        for (int i = FirstEndingAfter(mappings, vma.Start); i < mappings.Count && mappings[i].Start < vma.End; i++)
        {
            MappingRun run = mappings[i];
            ulong bytes = Math.Min(vma.End, run.End) - Math.Max(vma.Start, run.Start);
            pages.Add(PteFormats.Decode(format, run.Level, run.IsCompact, run.Entry), bytes);
        }

        return new MappedVma(vma, pages.ToStatistics());
    }

    /// <summary>For lists: <c>3 x 2M, 16 x 4K</c>, or <c>none</c>.</summary>
    public string PagesText => Pages.Count == 0 ? "none" : string.Join(", ", Pages.Select(page => $"{page.Pages} x {page.Size}"));

    private static int FirstEndingAfter(IReadOnlyList<MappingRun> mappings, ulong address)
    {
        int low = 0, high = mappings.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (mappings[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
