using BenchmarkDotNet.Attributes;
using XePt.Bench.Contract;

namespace XePt.Bench;

/// <summary>Start-up, replay and verify: the tool, compiled ahead of time, from start to end. The contract compares processor time with
/// that of a .NET program that does nothing.</summary>
public class ToolBenchmarks
{
    private ToolRuns _runs = null!;

    [GlobalSetup]
    public void Setup() => _runs = ToolRuns.Find("") ?? throw new InvalidOperationException("no xept that is compiled ahead of time");

    [GlobalCleanup]
    public void Cleanup() => _runs.Dispose();

    [Benchmark(Description = "xept run of the first sample")]
    [BenchmarkCategory("Start-up")]
    public double StartUp() => _runs.StartUp();

    [Benchmark(Description = "xept run of 10 000 binds and unbinds")]
    [BenchmarkCategory("Replay")]
    public double Replay() => _runs.Replay();

    [Benchmark(Description = "xept verify of bind_bmg")]
    [BenchmarkCategory("Verify")]
    public double Verify() => _runs.Verify();

    [Benchmark(Description = "empty .NET tool", Baseline = true)]
    [BenchmarkCategory("Start-up", "Replay", "Verify")]
    public double Empty() => _runs.Empty();
}
