using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>P13: a walker's rate while another thread binds and unbinds in the same VM without a pause, against its rate in the idle VM.
/// The goal is at most 1.11 times the time. Needs two processors.</summary>
[BenchmarkCategory("P13")]
public class ReaderProgressBenchmarks
{
    private const int Count = 1 << 16;
    private const ulong Bytes = 1UL << 21;

    private BindFixture _fixture = null!;
    private XeWalker _walker = null!;
    private Thread? _writer;
    private volatile bool _stops;

    [GlobalSetup(Target = nameof(Idle))]
    public void Setup()
    {
        // The walker reads the neighbours; the writer maps and unmaps 2 MiB beside them, so tables come and go.
        _fixture = new BindFixture(Bytes, 4096, isVram: false, neighbours: 4096);
        _walker = _fixture.Vm.OpenWalker();
    }

    [GlobalSetup(Target = nameof(Busy))]
    public void SetupWithWriter()
    {
        Setup();
        _stops = false;
        _writer = new Thread(() =>
        {
            while (!_stops)
            {
                _fixture.Bind();
                _fixture.Unbind();
            }
        });
        _writer.Start();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _stops = true;
        _writer?.Join();
        _writer = null;
        _walker.Dispose();
        _fixture.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Count, Description = "P13 baseline: idle VM")]
    public ulong Idle() => Walk();

    [Benchmark(OperationsPerInvoke = Count, Description = "P13 VM under binds")]
    public ulong Busy() => Walk();

    private ulong Walk()
    {
        ulong sum = 0;
        for (ulong i = 0; i < Count; i++)
        {
            // A refresh per 256 translations, as a simulated core would do it.
            if (i % 256 == 0)
                _walker.Refresh();
            sum += _walker.Translate(BindFixture.NeighbourBase + ((i * 0x9e3779b1) & 0xfff_0000)).Entry;
        }

        return sum;
    }
}
