using System.Numerics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Memory;
using XePt.Svm;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The pages of a range in the terms of the vectors. What the range keeps is held against where the pages are now.</summary>
internal static class RangePagesText
{
    /// <summary>The entries, in runs of one kind and order.</summary>
    public static string Of(ModelProcess process, XeDevice device, in SvmRange range, BlockNumbers blocks)
    {
        if (!range.Has(SvmRangeFlags.HasPages))
            return "[]";
        PageRuns pages = range.Pages;
        return Of(process, device, range.Start, range.End, offset => pages.CursorAt(offset).AddressAt(offset), blocks);
    }

    /// <summary>The entries of any interval.</summary>
    /// <param name="process">The process.</param>
    /// <param name="device">The device that maps it.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End.</param>
    /// <param name="addressAt">What the device keeps for an offset.</param>
    /// <param name="blocks">Numbers of blocks.</param>
    public static string Of(
        ModelProcess process, XeDevice device, ulong start, ulong end, Func<ulong, ulong> addressAt, BlockNumbers blocks)
    {
        var pages = new CpuPageList();
        process.Describe(new AddressRange(start, end), pages);
        var runs = new List<Entry>();
        int index = 0, total = (int)((end - start) >> 12);
        foreach (CpuPageRun run in pages.Runs)
        {
            // An entry of a huge page may go on over several runs.
            for (int i = index - (int)((run.Address - start) >> 12); i < run.Pages;)
            {
                Entry entry = EntryOf(device, start, addressAt, run, i, total - index, blocks);
                if (runs.Count > 0 && runs[^1].IsContinuedBy(entry))
                    runs[^1] = runs[^1] with { Pages = runs[^1].Pages + entry.Pages };
                else
                    runs.Add(entry);
                i += entry.Pages;
                index += entry.Pages;
            }
        }

        return Text.List(runs.Select(run => run.ToString()));
    }

    /// <summary>The tile that the range's device pages are of, or -1; -2 when the range says otherwise.</summary>
    public static int TileOf(ModelProcess process, in SvmRange range, BlockNumbers blocks)
    {
        if (range.Pagemap == 0)
            return -1;
        var pages = new CpuPageList();
        process.Describe(new AddressRange(range.Start, range.End), pages);
        foreach (CpuPageRun run in pages.Runs)
        {
            if (run.Block is SvmBlock block)
                return block.Pagemap.Number == range.Pagemap ? blocks.TileOf(block) : -2;
        }

        return -2;
    }

    private static Entry EntryOf(
        XeDevice device, ulong start, Func<ulong, ulong> addressAt, in CpuPageRun run, int page, int left, BlockNumbers blocks)
    {
        ulong offset = run.Address - start + ((ulong)page << 12);
        if (run.Block is SvmBlock block)
        {
            bool isLocal = ReferenceEquals(block.Pagemap.Device, device.Mirrors);
            ulong first = isLocal ? block.Address : block.Address - block.Pagemap.Base + block.Pagemap.PeerBase;
            string kind = addressAt(offset) == first + ((ulong)(run.FirstPage + page) << 12) ? isLocal ? "v" : "p" : "stale";
            return new Entry(kind, 1, 0, blocks.Of(block), run.FirstPage + page);
        }

        ulong frame = run.Frame + ((ulong)page << 12);
        int order = run.Order == 0 ? 0 : BitOperations.Log2((uint)Math.Min(512 - (int)((frame >> 12) & 511), left));
        return new Entry(addressAt(offset) == frame ? "s" : "stale", 1 << order, order, -1, 0);
    }

    /// <summary>A run of entries.</summary>
    private readonly record struct Entry(string Kind, int Pages, int Order, long Block, int First)
    {
        public bool IsContinuedBy(in Entry next) => Kind == next.Kind && Order == next.Order && Block == next.Block
            && (Block < 0 || First + Pages == next.First);

        public override string ToString() => Block < 0
            ? Text.List(Text.Word(Kind), Text.Number(Pages), Text.Number(Order))
            : Text.List(Text.Word(Kind), Text.Number(Pages), Text.Number(Order), Text.Number(Block), Text.Number(First));
    }
}
