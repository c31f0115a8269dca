using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>
/// P8: one translate of a 4 KiB page against a hand-written walk over tables of the same depth. P9: sequential translate against walks; its
/// goal is about the last two lines.
/// </summary>
[MemoryDiagnoser]
public unsafe class TranslateBenchmarks
{
    private const int Entries = 512;
    private const ulong AddressMask = 0x000ffffffffff000;
    private BindFixture _fixture = null!;
    private XeWalker _walker = null!;
    private ulong* _root;
    private ulong _va;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new BindFixture(1UL << 21, 4096, isVram: false);
        _fixture.Bind();
        _walker = _fixture.Vm.OpenWalker();
        _va = BindFixture.Va;
        // Five levels whose entries are plain pointers, so that the baseline pays for the loads alone.
        var tables = (ulong*)NativeMemory.AlignedAlloc(5 * Entries * sizeof(ulong), 4096);
        new Span<ulong>(tables, 5 * Entries).Clear();
        for (int level = 4; level > 0; level--)
            new Span<ulong>(tables + ((4 - level) * Entries), Entries).Fill((ulong)(tables + ((5 - level) * Entries)) | 3);
        for (int i = 0; i < Entries; i++)
            tables[(4 * Entries) + i] = ((ulong)i << 12) | 3;
        _root = tables;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _walker.Dispose();
        _fixture.Dispose();
        NativeMemory.AlignedFree(_root);
    }

    [Benchmark(Baseline = true, Description = "P8 baseline: hand-written walk")]
    public ulong HandWritten()
    {
        ulong va = NextVa();
        ulong* table = _root;
        for (int level = 4; level > 0; level--)
        {
            ulong entry = table[(va >> (12 + (9 * level))) & 511];
            if ((entry & 1) == 0)
                return 0;
            table = (ulong*)(entry & AddressMask);
        }

        return (table[(va >> 12) & 511] & AddressMask) | (va & 0xfff);
    }

    [Benchmark(Description = "one translate, pinned for itself")]
    public ulong Translate() => _fixture.Vm.Translate(NextVa()).Address;

    [Benchmark(Description = "P8 one translate of a walker")]
    public ulong Walker() => _walker.Translate(NextVa()).Address;

    [Benchmark(Description = "P9 sequential translate of a walker")]
    public ulong Sequential() => _walker.TranslateNear(NextVa()).Address;

    private ulong NextVa()
    {
        _va = BindFixture.Va + ((_va + 4096) & 0x1fffff);
        return _va;
    }
}
