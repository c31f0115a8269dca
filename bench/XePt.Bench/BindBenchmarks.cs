using BenchmarkDotNet.Attributes;
using XePt.Uapi;

namespace XePt.Bench;

/// <summary>Bind and unbind through the typed API, from ioctl arguments to signalled fence. Allocated must read 0 B (P12).</summary>
[MemoryDiagnoser]
[BenchmarkCategory("P12")]
public class BindBenchmarks
{
    private BindFixture _fixture = null!;

    [Params("4K", "64K", "2M", "1G")]
    public string Size { get; set; } = "4K";

    [Params("contiguous", "scattered")]
    public string Layout { get; set; } = "contiguous";

    [Params("VRAM", "system")]
    public string Memory { get; set; } = "VRAM";

    [GlobalSetup]
    public void Setup()
    {
        ulong size = Size switch { "4K" => 1UL << 12, "64K" => 1UL << 16, "2M" => 1UL << 21, _ => 1UL << 30 };
        _fixture = new BindFixture(size, Layout == "contiguous" ? size : 4096, Memory == "VRAM");
    }

    [GlobalCleanup]
    public void Cleanup() => _fixture.Dispose();

    [Benchmark(Description = "bind + unbind")]
    public Errno BindAndUnbind()
    {
        _fixture.Bind();
        return _fixture.Unbind();
    }
}
