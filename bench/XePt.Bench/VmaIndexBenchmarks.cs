using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using XePt.Memory;

namespace XePt.Bench;

/// <summary>P10: the VMA index against <see cref="SortedSet{T}"/>, random keys, times per operation.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
[CategoriesColumn]
[BenchmarkCategory("P10")]
public class VmaIndexBenchmarks
{
    private const int Batch = 1 << 12;
    private const int Probes = 1 << 18;

    private readonly ulong[] _probes = new ulong[Probes];
    private VmaIndex _index = new(new AllocationGate());
    private SortedSet<ulong> _set = [];
    private FloorSet _floorSet = new([]);
    private int _next;

    [Params(1_000, 100_000, 1_000_000)]
    public int Vmas { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        var starts = new HashSet<ulong>();
        _index = new VmaIndex(new AllocationGate());
        while (starts.Count < Vmas)
        {
            ulong start = NextStart(random);
            if (starts.Add(start) && !_index.TryInsert(start, starts.Count))
                throw new InsufficientMemoryException();
        }

        _set = new SortedSet<ulong>(starts);
        _floorSet = new FloorSet(starts);
        // Not in the index: good for insert and delete, and a floor search does not mind.
        for (int i = 0; i < Probes; i++)
        {
            do
                _probes[i] = NextStart(random);
            while (!starts.Add(_probes[i]));
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _index.Dispose();

    [Benchmark(Description = "P10 floor, SortedSet", Baseline = true, OperationsPerInvoke = Batch)]
    [BenchmarkCategory("Floor")]
    public ulong SetFloor()
    {
        ulong sum = 0;
        foreach (ulong va in NextBatch())
            sum += _set.GetViewBetween(0, va).Max;
        return sum;
    }

    [Benchmark(Description = "P10 floor, SortedSet with a noting comparer", OperationsPerInvoke = Batch)]
    [BenchmarkCategory("Floor")]
    public ulong SetFloorInOneDescent()
    {
        ulong sum = 0;
        foreach (ulong va in NextBatch())
            sum += _floorSet.Floor(va);
        return sum;
    }

    [Benchmark(Description = "P10 floor, VmaIndex", OperationsPerInvoke = Batch)]
    [BenchmarkCategory("Floor")]
    public int IndexFloor()
    {
        int sum = 0;
        foreach (ulong va in NextBatch())
            sum += _index.Floor(va);
        return sum;
    }

    [Benchmark(Description = "P10 insert + delete, SortedSet", Baseline = true, OperationsPerInvoke = Batch)]
    [BenchmarkCategory("InsertDelete")]
    public void SetInsertDelete()
    {
        foreach (ulong va in NextBatch())
        {
            _set.Add(va);
            _set.Remove(va);
        }
    }

    [Benchmark(Description = "P10 insert + delete, VmaIndex", OperationsPerInvoke = Batch)]
    [BenchmarkCategory("InsertDelete")]
    public void IndexInsertDelete()
    {
        foreach (ulong va in NextBatch())
        {
            _index.TryInsert(va, 1);
            _index.Remove(va);
        }
    }

    private ReadOnlySpan<ulong> NextBatch()
    {
        _next = (_next + Batch) % Probes;
        return _probes.AsSpan(_next, Batch);
    }

    private static ulong NextStart(Random random) => (ulong)random.NextInt64(1L << 36) << 12;
}
