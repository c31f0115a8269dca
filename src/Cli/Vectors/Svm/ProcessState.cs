using XePt.Host;
using XePt.Svm;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The state of a process in the terms of the vectors.</summary>
internal sealed class ProcessState(ModelProcess process, BlockNumbers blocks)
{
    private readonly CpuPageList _pages = new();

    /// <summary><c>cpu</c>: the mappings.</summary>
    public string Mappings() => Text.List(process.Mappings.Select(vma => Text.List(
        Text.Hex(vma.Range.Start), Text.Hex(vma.Range.End), Text.Word(ProcessSteps.WordOf(vma.Protection)),
        Text.Word(ProcessSteps.WordOf(vma.Kind)))));

    /// <summary><c>pg</c>: the pages, in runs that end with their mapping.</summary>
    public string Pages()
    {
        var runs = new List<PageRecord>();
        foreach (CpuVma vma in process.Mappings)
            AddPages(vma, runs);
        return Text.List(runs.Select(run => run.ToString()));
    }

    /// <summary><c>blk</c>: the blocks in which pages live.</summary>
    public string Blocks()
    {
        var found = new SortedDictionary<long, SvmBlock>();
        foreach (CpuVma vma in process.Mappings)
        {
            process.Describe(vma.Range, _pages);
            foreach (CpuPageRun run in _pages.Runs)
            {
                if (run.Block is SvmBlock block)
                    found[blocks.Of(block)] = block;
            }
        }

        return Text.List(found.Select(item => Text.List(
            Text.Number(item.Key), Text.Number(blocks.TileOf(item.Value)), Text.Number(item.Value.Pages))));
    }

    /// <summary>The block of a number, or null when no page lives in it.</summary>
    public SvmBlock? FindBlock(long number)
    {
        foreach (CpuVma vma in process.Mappings)
        {
            process.Describe(vma.Range, _pages);
            foreach (CpuPageRun run in _pages.Runs)
            {
                if (run.Block is SvmBlock block && blocks.Of(block) == number)
                    return block;
            }
        }

        return null;
    }

    private void AddPages(in CpuVma vma, List<PageRecord> into)
    {
        int first = into.Count;
        process.Describe(vma.Range, _pages);
        foreach (CpuPageRun run in _pages.Runs)
        {
            for (int i = 0; i < run.Pages && run.Kind != CpuPageKind.Absent; i++)
            {
                PageRecord page = PageOf(run, i);
                if (into.Count > first && into[^1].IsContinuedBy(page))
                    into[^1] = into[^1] with { Pages = into[^1].Pages + 1 };
                else
                    into.Add(page);
            }
        }
    }

    private PageRecord PageOf(in CpuPageRun run, int page)
    {
        ulong address = run.Address + ((ulong)page << 12);
        if (run.Block is SvmBlock block)
            return new PageRecord(address, 1, "d", blocks.Of(block), run.FirstPage + page);
        string kind = run.Order > 0 ? "h" : IsPinned(run.Frame + ((ulong)page << 12)) ? "p" : "s";
        return new PageRecord(address, 1, kind, 0, 0);
    }

    private bool IsPinned(ulong address) =>
        process.Memory.Frames.TryFind(address, out long frame) && process.Memory.Frames[frame].IsPinned;

    /// <summary>A run of pages.</summary>
    private readonly record struct PageRecord(ulong Address, int Pages, string Kind, long Block, int First)
    {
        public bool IsContinuedBy(in PageRecord next) => next.Address == Address + ((ulong)Pages << 12) && next.Kind == Kind
            && (Kind != "d" || (next.Block == Block && next.First == First + Pages));

        public override string ToString() => Kind == "d"
            ? Text.List(Text.Hex(Address), Text.Number(Pages), "\"d\"", Text.Number(Block), Text.Number(First))
            : Text.List(Text.Hex(Address), Text.Number(Pages), Text.Word(Kind));
    }
}
