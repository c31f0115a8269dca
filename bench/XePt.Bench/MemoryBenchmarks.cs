using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>Memory: what takes it, tables by the GiB and VMAs by the hundred thousand, from the first to the last. How many bytes that are
/// is a line of the contract; a benchmark's own column counts managed ones only.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("Memory")]
public class MemoryBenchmarks
{
    private const int Vmas = 100_000;
    private const int PageBytes = 4096;

    [Benchmark(Description = "device, and 4 GiB mapped as 4K")]
    public ulong Tables()
    {
        using var pages = new ScatteredPages(4);
        return (ulong)pages.Vm.File.Device.TablesInUse * PageBytes;
    }

    [Benchmark(OperationsPerInvoke = Vmas, Description = "VMA that stays, one of 100 k")]
    public void Vma()
    {
        using var fixture = new BindFixture(PageBytes, PageBytes, isVram: false);
        for (int i = 0; i < Vmas; i++)
            fixture.BindAt(BindFixture.NeighbourBase + ((ulong)i * 2 * PageBytes));
    }
}
