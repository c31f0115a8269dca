using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>P3 and P4: what a map does to tables, without the call around it; 64 tables of 2 MiB each, and 1 GiB.</summary>
[MemoryDiagnoser]
public class TableBenchmarks
{
    private const int Rotation = 64;
    private StagedTables _small = null!;
    private StagedTables _large = null!;

    [Params("one piece", "scattered")]
    public string Layout { get; set; } = "one piece";

    [GlobalSetup]
    public void Setup()
    {
        _small = new StagedTables(2UL << 20, Rotation, Layout == "scattered");
        _large = new StagedTables(1UL << 30, 1, Layout == "scattered");
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _small.Dispose();
        _large.Dispose();
    }

    [IterationSetup]
    public void TakeAway()
    {
        _small.Unbind();
        _large.Unbind();
    }

    [Benchmark(OperationsPerInvoke = Rotation, Description = "P3 tables of 2 MiB as 4K")]
    [BenchmarkCategory("P3")]
    public void Small() => _small.Bind();

    [Benchmark(Description = "P4 tables of 1 GiB as 4K")]
    [BenchmarkCategory("P4")]
    public void Large() => _large.Bind();
}
