using BenchmarkDotNet.Attributes;
using XePt.Memory;

namespace XePt.Bench;

/// <summary>Allocate and free one buffer in a region of 64 GiB, fresh or with every second 64 KiB of its lower half in use.</summary>
[MemoryDiagnoser]
public class BuddyBenchmarks
{
    private const ulong GiB = 1 << 30;
    private const ulong SmallBlock = 64 << 10;

    private BuddyAllocator _region = null!;
    private BlockList _blocks;

    [Params(false, true)]
    public bool Fragmented { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _region = new BuddyAllocator(0, 64 * GiB, 64 * GiB, new AllocationGate());
        if (!Fragmented)
            return;
        _region.TryAllocate(32 * GiB, SmallBlock, ref _blocks);
        for (ulong address = 0; address < 32 * GiB; address += 2 * SmallBlock)
            _region.Free(address, SmallBlock);
        _blocks.Truncate(0);
    }

    [GlobalCleanup]
    public void Cleanup() => _region.Dispose();

    [Benchmark(Description = "4 KiB", Baseline = true)]
    public void Page() => AllocateAndFree(4096);

    [Benchmark(Description = "64 KiB")]
    public void Page64K() => AllocateAndFree(SmallBlock);

    [Benchmark(Description = "2 MiB + 68 KiB")]
    public void Mixed() => AllocateAndFree((2 << 20) + (68 << 10));

    [Benchmark(Description = "1 GiB in one piece")]
    public void Contiguous() => AllocateAndFree(GiB, GiB);

    private void AllocateAndFree(ulong size, ulong minBlock = 4096)
    {
        _region.TryAllocate(size, minBlock, ref _blocks);
        _region.Free(ref _blocks);
    }
}
