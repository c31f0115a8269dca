using BenchmarkDotNet.Attributes;
using XePt.Tlb;

namespace XePt.Bench;

/// <summary>The TLB model against walking the tables each time, and what an invalidation costs with and without it.</summary>
[MemoryDiagnoser]
public class TlbBenchmarks
{
    private const ulong Pages = 512;
    private BindFixture _fixture = null!;
    private TlbHub _idle = null!;
    private TlbHub _watched = null!;
    private ReferenceTlb _small = null!;
    private ReferenceTlb _large = null!;
    private TlbUnit _missing = null!;
    private TlbUnit _hitting = null!;
    private TlbSpace _space = null!;
    private TlbRequest _request;
    private ulong _page;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new BindFixture(Pages << 12, 4096, isVram: false);
        _fixture.Bind();
        _idle = new TlbHub(_fixture.Vm.File.Device.Platform, new VirtualClock());
        _watched = new TlbHub(_fixture.Vm.File.Device.Platform, new VirtualClock());
        _large = new ReferenceTlb(_watched, 0);
        // One page per class: walking the pages in order then never hits.
        _small = new ReferenceTlb(_idle, 1, new ReferenceTlbOptions { Pages4K = new TlbGeometry(1, 1), Pages64K = new TlbGeometry(1, 1) });
        _hitting = _large.OpenUnit("hitting");
        _missing = _small.OpenUnit("missing");
        _space = _fixture.Vm.GetTlbSpace();
        _request = new TlbRequest(_fixture.Vm.TlbVm, BindFixture.Va, BindFixture.Va + 4096, TlbInvalidationCause.Bind);
        for (int i = 0; i < (int)Pages; i++)
            Hit();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _small.Dispose();
        _large.Dispose();
        _fixture.Dispose();
    }

    [Benchmark(Baseline = true, Description = "TLB baseline: translate by walking")]
    public ulong Walk() => _fixture.Vm.Translate(NextVa()).Address;

    [Benchmark(Description = "TLB hit")]
    public ulong Hit() => _hitting.Translate(_space, NextVa()).Address;

    [Benchmark(Description = "TLB miss, page-walk cache hit")]
    public ulong Miss() => _missing.Translate(_space, NextVa()).Address;

    [Benchmark(Description = "invalidate 4 KiB, no client")]
    public Fence InvalidateUnheard() => _idle.Invalidate(0, _request);

    [Benchmark(Description = "invalidate 4 KiB, TLB of 512 entries")]
    public Fence InvalidateHeard() => _watched.Invalidate(0, _request);

    private ulong NextVa() => BindFixture.Va + ((++_page & (Pages - 1)) << 12);
}
