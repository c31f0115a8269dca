using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace XePt.Bench;

/// <summary>
/// P8: translates of 4 KiB pages, each with a walk of its own, against hand-written walks over tables of the same depth. P9: sequential
/// translates against walks, so its goal is about the last two lines. Each line goes through 2 MiB page by page.
/// </summary>
[MemoryDiagnoser]
[BenchmarkCategory("P8", "P9")]
public unsafe class TranslateBenchmarks
{
    private const int Entries = 512;
    private const ulong AddressMask = 0x000ffffffffff000;
    private const ulong End = BindFixture.Va + (1UL << 21);
    private BindFixture _fixture = null!;
    private XeWalker _walker = null!;
    private ulong* _root;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new BindFixture(1UL << 21, 4096, isVram: false);
        _fixture.Bind();
        _walker = _fixture.Vm.OpenWalker();
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

    [Benchmark(Baseline = true, OperationsPerInvoke = Entries, Description = "P8 baseline: hand-written walk")]
    public ulong HandWritten()
    {
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < End; va += 4096)
            sum += Walk(_root, va);
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries, Description = "translate of a VM, pinned for itself")]
    public ulong Translate()
    {
        XeVm vm = _fixture.Vm;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < End; va += 4096)
            sum += vm.Translate(va).Address;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries, Description = "P8 translate of a walker")]
    public ulong Walker()
    {
        XeWalker walker = _walker;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < End; va += 4096)
            sum += walker.Translate(va).Address;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Entries, Description = "P9 sequential translate of a walker")]
    public ulong Sequential()
    {
        XeWalker walker = _walker;
        ulong sum = 0;
        for (ulong va = BindFixture.Va; va < End; va += 4096)
            sum += walker.TranslateNear(va).Address;
        return sum;
    }

    private static ulong Walk(ulong* table, ulong va)
    {
        for (int level = 4; level > 0; level--)
        {
            ulong entry = table[(va >> (12 + (9 * level))) & 511];
            if ((entry & 1) == 0)
                return 0;
            table = (ulong*)(entry & AddressMask);
        }

        return (table[(va >> 12) & 511] & AddressMask) | (va & 0xfff);
    }
}
