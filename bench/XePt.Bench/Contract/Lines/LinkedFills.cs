using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XePt.Bench.Contract;

/// <summary>
/// The floor of P3: what a map of one table of leaves is at least, beside its fill, for whoever lets walkers read while it goes on and can
/// take it back. Of scattered pages the list is read, here one for all. A free table is taken; the directory that is to link it is looked
/// for from the root, a load that waits for the one before it for each level; what the link displaces is kept, and counted where it lies;
/// the link is stored after the fill; and a full fence stands between the link and whatever the map does next, such as looking for walkers
/// that are still in what was displaced.
/// </summary>
internal sealed unsafe class LinkedFills : IDisposable
{
    private const int Entries = 512;
    private const int Levels = 4;
    private const int Shift = 21, IndexBits = 9;

    private readonly ulong* _root = (ulong*)NativeMemory.AlignedAlloc(Levels * Entries * sizeof(ulong), 4096);
    private readonly ulong* _tables;
    private readonly int* _list;
    private readonly (int Next, int Live)[] _records;
    private readonly (int Table, ulong Displaced)[] _kept;
    private int _free;
    private LonelyWord _links;

    public LinkedFills(int count, bool isScattered)
    {
        if (isScattered)
            _list = (int*)NativeMemory.AllocZeroed(Entries, sizeof(int));
        (_records, _kept) = (new (int, int)[count + 1], new (int, ulong)[count]);
        _tables = (ulong*)NativeMemory.AlignedAlloc((nuint)count * Entries * sizeof(ulong), 4096);
        new Span<ulong>(_root, Levels * Entries).Clear();
        for (int level = 0; level < Levels - 1; level++)
            _root[level * Entries] = (ulong)(_root + ((level + 1) * Entries));
        Reset();
    }

    /// <summary>All tables are free, and in the order in which they are taken.</summary>
    public void Reset()
    {
        for (int i = 0; i < _records.Length; i++)
            _records[i] = (i + 1, 0);
        _free = 0;
    }

    public void Run()
    {
        for (int i = 0; i < _kept.Length; i++)
        {
            ulong va = (ulong)i << Shift;
            ulong* directory = _root;
            for (int level = Levels - 1; level > 0; level--)
                directory = (ulong*)directory[(va >> (Shift + (level * IndexBits))) & (Entries - 1)];
            int taken = _free;
            _free = _records[taken].Next;
            ulong* table = _tables + (taken * Entries);
            if (_list == null)
                new Span<ulong>(table, Entries).Fill(0x1003);
            else
                FillFrom(table, _list);
            ref ulong link = ref directory[va >> Shift];
            _kept[i] = (taken, link);
            _records[taken].Live = Entries;
            Volatile.Write(ref link, (ulong)table);
            Interlocked.Increment(ref _links.Word);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_root);
        NativeMemory.AlignedFree(_tables);
        NativeMemory.Free(_list);
    }

    private static void FillFrom(ulong* table, int* list)
    {
        Vector512<long> first = Vector512.Create(0x1003L);
        for (int i = 0; i < Entries; i += Vector512<int>.Count)
        {
            (Vector512<long> lower, Vector512<long> upper) = Vector512.Widen(Vector512.Load(list + i));
            (first + (lower << 12)).AsUInt64().Store(table + i);
            (first + (upper << 12)).AsUInt64().Store(table + i + Vector512<ulong>.Count);
        }
    }
}
