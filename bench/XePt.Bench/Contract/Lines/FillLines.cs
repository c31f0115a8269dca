using System.Runtime.InteropServices;
using XePt.Memory;

namespace XePt.Bench.Contract;

/// <summary>P1 and P2: the kernels that write entries against what the memory can do.</summary>
internal static unsafe class FillLines
{
    private const ulong Bits = 0x803;
    private const ulong Page = 4096;

    public static IEnumerable<ContractLine> All()
    {
        foreach ((int bytes, string text) in ((int, string)[])[(4 << 10, "4 KiB"), (2 << 20, "2 MiB")])
        {
            yield return ContractLine.Of(
                "P1", $"fill of contiguous entries ÷ Span.Fill, {text}", Goal.AtMost(1.05), () => Contiguous(bytes));
        }

        yield return ContractLine.Of("P2", "fill from a list of pages ÷ memcpy, 2 MiB", Goal.AtMost(1.1), () => FromPages(2 << 20));
        foreach ((int pages, string text, double? floor) in ((int, string, double?)[])[(16, "64 KiB", 1.3), (256, "1 MiB", null)])
        {
            yield return ContractLine.Of(
                "P2", $"fill from runs of {text} ÷ contiguous entries, 2 MiB", Goal.AtMost(1.1, floor), () => FromRuns(2 << 20, pages));
        }
    }

    private static PairCase Contiguous(int bytes)
    {
        var block = new Block(bytes);
        // A whole table has a kernel of its own, which the road fills it with.
        return new PairCase(
            bytes == PageTablePool.PageBytes
                ? new Side(1, () => PteBlock.FillTable(block.Entries, Bits))
                : new Side(1, () => PteBlock.FillSequence(block.Entries, block.Count, Bits, Page)),
            new Side(1, () => block.Span.Fill(Bits)),
            block);
    }

    private static PairCase FromPages(int bytes)
    {
        Block table = new(bytes), entries = new(bytes), distances = new(bytes / 2);
        var random = new Random(2);
        for (nuint i = 0; i < table.Count; i++)
            ((int*)distances.Entries)[i] = random.Next(int.MinValue, int.MaxValue);
        entries.Span.Fill(Bits);
        return new PairCase(
            new Side(1, () => PteBlock.FillFromPages(table.Entries, (int*)distances.Entries, table.Count, Bits)),
            new Side(1, () => Buffer.MemoryCopy(entries.Entries, table.Entries, bytes, bytes)),
            table, entries, distances);
    }

    private static PairCase FromRuns(int bytes, int pages)
    {
        var block = new Block(bytes);
        var random = new Random(1);
        var runs = new Segment[(int)block.Count / pages];
        for (int i = 0; i < runs.Length; i++)
            runs[i] = new Segment((ulong)i * (uint)pages * Page, (ulong)random.NextInt64(1L << 32) << 16, SegmentKind.System);
        return new PairCase(
            new Side(1, () =>
            {
                ulong* next = block.Entries;
                foreach (ref readonly Segment run in runs.AsSpan())
                {
                    PteBlock.FillChunks(next, (nuint)pages / 16, run.Address | Bits);
                    next += pages;
                }
            }),
            new Side(1, () => PteBlock.FillSequence(block.Entries, block.Count, Bits, Page)),
            block);
    }

    /// <summary>Page-aligned memory, touched.</summary>
    private sealed class Block : IDisposable
    {
        public Block(int bytes)
        {
            Entries = (ulong*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
            Count = (nuint)bytes / sizeof(ulong);
            Span.Clear();
        }

        public ulong* Entries { get; }

        public nuint Count { get; }

        public Span<ulong> Span => new(Entries, (int)Count);

        public void Dispose() => NativeMemory.AlignedFree(Entries);
    }
}
