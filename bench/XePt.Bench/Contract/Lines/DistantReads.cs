using XePt.Memory;

namespace XePt.Bench.Contract;

/// <summary>
/// The floor of looking something up among many: a leaf of an index is read, which says where the record is, and then the record; what
/// lies above the leaves is in caches. One look-up ends before the next begins, as it does for who needs what it has found. Sizes and huge
/// pages are those of the engine.
/// </summary>
internal sealed unsafe class DistantReads : IDisposable
{
    private const int Leaf = 512, ThingsOfALeaf = 32, LinesRead = 6, Line = 64, Record = 72;

    private readonly byte* _leaves, _records;
    private int _none;

    /// <param name="count">Things there are.</param>
    public DistantReads(int count)
    {
        _leaves = Zeros(((nuint)count / ThingsOfALeaf + 1) * Leaf);
        _records = Zeros((nuint)count * Record);
        // SAFETY: there is a record for each.
        for (int i = 0; i < count; i++)
            *(int*)(_records + ((nint)i * Record)) = i;
    }

    /// <summary>Looks for one.</summary>
    /// <param name="thing">Its number.</param>
    /// <returns>The number, as its record has it.</returns>
    public int Find(int thing)
    {
        // What cannot be known before the last one has ended.
        thing += _none;
        // SAFETY: the leaf and the record are those of a thing that there is.
        byte* leaf = _leaves + ((nint)(thing / ThingsOfALeaf) * Leaf);
        long more = 0;
        for (int line = 0; line < LinesRead; line++)
            more += *(long*)(leaf + (line * Line));
        byte* record = _records + ((nint)(thing + more) * Record);
        int found = *(int*)record + *(int*)(record + Record - sizeof(int));
        _none = found - thing;
        return found;
    }

    public void Dispose()
    {
        NativeBlocks.ReturnAligned(_leaves);
        NativeBlocks.ReturnAligned(_records);
    }

    private static byte* Zeros(nuint bytes)
    {
        var block = (byte*)NativeBlocks.Require(NativeBlocks.TryTakeHuge(bytes));
        new Span<byte>(block, checked((int)bytes)).Clear();
        return block;
    }
}
