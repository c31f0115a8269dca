using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>Faults on mirrors. Allocated must read 0 B (P12); how times compare with binds says <see cref="FaultRatios"/> (P14).</summary>
[MemoryDiagnoser]
[BenchmarkCategory("P12", "P14")]
public class FaultBenchmarks
{
    private const int Count = 256;
    private MirrorFixture _new = null!;
    private MirrorFixture _known = null!;

    [Params("4K", "64K", "2M")]
    public string Size { get; set; } = "4K";

    [Params("system", "migrated")]
    public string Memory { get; set; } = "system";

    [GlobalSetup]
    public void Setup()
    {
        ulong size = Size switch { "4K" => 1UL << 12, "64K" => 1UL << 16, _ => 1UL << 21 };
        _new = new MirrorFixture(size, Count, Memory == "migrated");
        _known = new MirrorFixture(size, Count, Memory == "migrated");
        _new.Populate();
        _known.Populate();
        _known.Touch();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _new.Dispose();
        _known.Dispose();
    }

    [IterationSetup(Target = nameof(FirstTouch))]
    public void Renew() => _new.Renew();

    [Benchmark(Description = "first touch", OperationsPerInvoke = Count)]
    public void FirstTouch() => _new.Touch();

    [Benchmark(Description = "invalidate + refault", OperationsPerInvoke = Count)]
    public void Refault() => _known.InvalidateAndTouch();

    [Benchmark(Description = "already valid", OperationsPerInvoke = Count)]
    public void Valid() => _known.Touch();
}
