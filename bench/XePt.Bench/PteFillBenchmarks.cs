using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using XePt.Memory;

namespace XePt.Bench;

/// <summary>P1 and P2: the kernels against what the memory can do, one table (4 KiB) and the tables of 1 GiB (2 MiB).</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
[CategoriesColumn]
public unsafe class PteFillBenchmarks
{
    private const ulong PageBytes = 4096;
    private const ulong Bits = 0x803;
    private const int PagesPer64K = 16;
    private const int PagesPerMiB = 256;

    private ulong* _table;
    private ulong* _entries;
    private int* _distances;
    private MemoryBlock[] _runsOf64K = [];
    private MemoryBlock[] _runsOf1M = [];
    private nuint _count;

    [Params(4 << 10, 2 << 20)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _count = (nuint)Bytes / sizeof(ulong);
        _table = (ulong*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        _entries = (ulong*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        _distances = (int*)NativeMemory.AlignedAlloc((nuint)Bytes / 2, 4096);
        _runsOf64K = RandomRuns(PagesPer64K);
        _runsOf1M = RandomRuns(PagesPerMiB);
        var random = new Random(2);
        for (nuint i = 0; i < _count; i++)
        {
            _distances[i] = random.Next(int.MinValue, int.MaxValue);
            _entries[i] = Bits + i;
        }

        PteBlock.Fill(_table, _count, 1);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        NativeMemory.AlignedFree(_table);
        NativeMemory.AlignedFree(_entries);
        NativeMemory.AlignedFree(_distances);
    }

    [Benchmark(Description = "P1 Span.Fill", Baseline = true)]
    [BenchmarkCategory("P1")]
    public void SpanFill() => new Span<ulong>(_table, (int)_count).Fill(Bits);

    [Benchmark(Description = "P1 contiguous entries")]
    [BenchmarkCategory("P1")]
    public void Contiguous() => PteBlock.FillSequence(_table, _count, Bits, PageBytes);

    [Benchmark(Description = "P1 contiguous entries, scalar")]
    [BenchmarkCategory("P1")]
    public void ContiguousScalar() => PteBlock.Scalar.FillSequence(_table, _count, Bits, PageBytes);

    [Benchmark(Description = "P2 from runs of 64 KiB")]
    [BenchmarkCategory("P1")]
    public void FromRunsOf64K() => FillFrom(_runsOf64K);

    [Benchmark(Description = "P2 from runs of 1 MiB")]
    [BenchmarkCategory("P1")]
    public void FromRunsOf1M() => FillFrom(_runsOf1M);

    [Benchmark(Description = "P2 memcpy", Baseline = true)]
    [BenchmarkCategory("P2")]
    public void MemoryCopy() => Buffer.MemoryCopy(_entries, _table, Bytes, Bytes);

    [Benchmark(Description = "P2 from a list of pages")]
    [BenchmarkCategory("P2")]
    public void FromPages() => PteBlock.FillFromPages(_table, _distances, _count, Bits);

    [Benchmark(Description = "P2 from a list of pages, scalar")]
    [BenchmarkCategory("P2")]
    public void FromPagesScalar() => PteBlock.Scalar.FillFromPages(_table, _distances, _count, Bits);

    [Benchmark(Description = "Clear", Baseline = true)]
    [BenchmarkCategory("Publish")]
    public void SpanClear() => new Span<ulong>(_table, (int)_count).Clear();

    [Benchmark(Description = "Zap under walkers")]
    [BenchmarkCategory("Publish")]
    public void Zap() => PteBlock.StoreEach(_table, _count, 0);

    [Benchmark(Description = "Publish under walkers")]
    [BenchmarkCategory("Publish")]
    public void Publish() => PteBlock.StoreEach(_table, _entries, _count);

    private void FillFrom(MemoryBlock[] runs)
    {
        ulong* next = _table;
        foreach (MemoryBlock run in runs)
        {
            nuint pages = (nuint)(run.Size / PageBytes);
            PteBlock.FillSequence(next, pages, run.Address | Bits, PageBytes);
            next += pages;
        }
    }

    private MemoryBlock[] RandomRuns(int pages)
    {
        var random = new Random(1);
        var runs = new MemoryBlock[_count / (nuint)pages];
        for (int i = 0; i < runs.Length; i++)
            runs[i] = new MemoryBlock((ulong)random.NextInt64(1L << 32) << 16, (ulong)pages * PageBytes);
        return runs;
    }
}
