using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Bench.Contract;

/// <summary>Page tables whose entries are plain pointers, so that walking them, which is written here by hand, costs the loads alone. They
/// lie in huge pages, as the engine's.</summary>
internal sealed unsafe class HandTables : IDisposable
{
    private const int Entries = 512, IndexBits = 9, LeafShift = 12;
    private const ulong AddressMask = 0x000ffffffffff000, Present = 3;

    private readonly ulong* _tables;
    private int _used = 1;

    /// <summary>Maps pages of 4 KiB at equal distances, each to an address of its own, none to 0.</summary>
    /// <param name="levels">Levels of the tables.</param>
    /// <param name="start">Address of the first page.</param>
    /// <param name="count">How many.</param>
    /// <param name="step">Distance from one to the next.</param>
    public HandTables(int levels, ulong start, int count, ulong step)
    {
        Top = levels - 1;
        ulong leaves = ((ulong)count * step >> (LeafShift + IndexBits)) + 2;
        nuint bytes = (nuint)(leaves + (leaves / Entries * 2) + (2 * (ulong)levels)) * Entries * sizeof(ulong);
        _tables = (ulong*)NativeBlocks.Require(NativeBlocks.TryTakeHuge(bytes));
        new Span<byte>(_tables, Entries * sizeof(ulong)).Clear();
        for (int i = 0; i < count; i++)
            Map(start + ((ulong)i * step), ((ulong)(i + 1) << LeafShift) | Present);
    }

    /// <summary>Level of the root.</summary>
    public int Top { get; }

    public ulong* Root => _tables;

    /// <summary>One walk.</summary>
    /// <param name="table">The root.</param>
    /// <param name="va">The address.</param>
    /// <param name="top">Level of the root.</param>
    /// <returns>Where the address leads; 0 where it leads nowhere.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Walk(ulong* table, ulong va, int top)
    {
        for (int level = top; level > 0; level--)
        {
            ulong entry = table[IndexAt(va, level)];
            if ((entry & 1) == 0)
                return 0;
            table = (ulong*)(entry & AddressMask);
        }

        return (table[IndexAt(va, 0)] & AddressMask) | (va & ((1UL << LeafShift) - 1));
    }

    public void Dispose() => NativeBlocks.ReturnAligned(_tables);

    private static ulong IndexAt(ulong va, int level) => (va >> (LeafShift + (IndexBits * level))) & (Entries - 1);

    private void Map(ulong va, ulong leaf)
    {
        ulong* table = _tables;
        for (int level = Top; level > 0; level--)
        {
            ref ulong entry = ref table[IndexAt(va, level)];
            if (entry == 0)
                entry = (ulong)NewTable() | Present;
            table = (ulong*)(entry & AddressMask);
        }

        table[IndexAt(va, 0)] = leaf;
    }

    private ulong* NewTable()
    {
        ulong* table = _tables + ((nint)_used++ * Entries);
        new Span<ulong>(table, Entries).Clear();
        return table;
    }
}
