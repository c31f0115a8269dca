using BenchmarkDotNet.Attributes;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>P6, P7 and P11: whole calls; what they are compared with is in the contract.</summary>
[MemoryDiagnoser]
public class CallBenchmarks
{
    private const ulong Size4K = 4UL << 10;
    private const ulong Size1G = 1UL << 30;
    private BindFixture _large = null!;
    private BindFixture _small = null!;
    private BindFixture _recorded = null!;

    [GlobalSetup]
    public void Setup()
    {
        _large = new BindFixture(Size1G, Size4K, isVram: false);
        _small = new BindFixture(Size4K, Size4K, isVram: false, neighbours: 1_000);
        _recorded = new BindFixture(Size4K, Size4K, isVram: false, neighbours: 1_000);
        foreach (BindFixture fixture in (BindFixture[])[_large, _small, _recorded])
            fixture.KeepTable();
        _recorded.Vm.File.Device.Recorder.Start();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _large.Dispose();
        _small.Dispose();
        _recorded.Dispose();
    }

    [IterationSetup(Target = nameof(Unmap))]
    public void Map() => _large.Bind();

    [Benchmark(Description = "P6 unmap of 1 GiB of 4K")]
    [BenchmarkCategory("P6")]
    public Errno Unmap() => _large.Unbind();

    [Benchmark(Description = "P7 bind + unbind 4 KiB")]
    [BenchmarkCategory("P7")]
    public void Pair() => _small.BindAndUnbind();

    [Benchmark(Description = "P11 bind + unbind 4 KiB, recorder on")]
    [BenchmarkCategory("P11")]
    public void Recorded() => _recorded.BindAndUnbind();
}
