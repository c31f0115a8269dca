using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>How cost grows with the number of VMAs: random places among them.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("Growth")]
public class GrowthBenchmarks
{
    private ScatteredVmas _vmas = null!;

    [Params(1_000, 1_000_000)]
    public int Vmas { get; set; }

    [GlobalSetup]
    public void Setup() => _vmas = new ScatteredVmas(Vmas);

    [GlobalCleanup]
    public void Cleanup() => _vmas.Dispose();

    [Benchmark(OperationsPerInvoke = ScatteredVmas.Batch, Description = "bind + unbind 4 KiB")]
    public void Bind()
    {
        for (int i = 0; i < ScatteredVmas.Batch; i++)
            _vmas.Bind(i);
        _vmas.Move();
    }

    [Benchmark(OperationsPerInvoke = ScatteredVmas.Batch, Description = "VMA look-up")]
    public void Find()
    {
        for (int i = 0; i < ScatteredVmas.Batch; i++)
            _vmas.Find(i);
        _vmas.Move();
    }

    [Benchmark(OperationsPerInvoke = ScatteredVmas.Batch, Description = "translate")]
    public void Translate()
    {
        for (int i = 0; i < ScatteredVmas.Batch; i++)
            _vmas.Translate(i);
        _vmas.Move();
    }
}
