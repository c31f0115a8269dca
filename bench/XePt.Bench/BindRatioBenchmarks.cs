using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>P5: a whole bind + unbind of 2 MiB as scattered 4 KiB pages against filling and clearing one table's worth of memory.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("P5")]
public unsafe class BindRatioBenchmarks
{
    private const int Entries = 512;
    private BindFixture _fixture = null!;
    private ulong* _table;

    [Params(1_000, 100_000)]
    public int Vmas { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new BindFixture(1UL << 21, 4096, isVram: false, Vmas);
        _table = (ulong*)NativeMemory.AlignedAlloc(Entries * sizeof(ulong), 4096);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _fixture.Dispose();
        NativeMemory.AlignedFree(_table);
    }

    [Benchmark(Baseline = true, Description = "P5 baseline: Fill + Clear of 4 KiB")]
    public void FillAndClear()
    {
        new Span<ulong>(_table, Entries).Fill(0x1003);
        new Span<ulong>(_table, Entries).Clear();
    }

    [Benchmark(Description = "P5 bind + unbind 2 MiB as 4K")]
    public Errno BindAndUnbind()
    {
        _fixture.Bind();
        return _fixture.Unbind();
    }
}
