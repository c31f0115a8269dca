using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>One populated piece <c>[Start, End)</c> of a mirror VMA (specification 02 section 13, masks of PT-153).</summary>
internal struct SvmRange
{
    public ulong Start;
    public ulong End;
    public byte TilePresent;
    public byte TileInvalidated;

    public readonly bool HasValidMapping(int tile) => (TilePresent & ~TileInvalidated & (1 << tile)) != 0;
}

/// <summary>The SVM ranges of one VM by address. They belong to the address range, not to a VMA: replacing a mirror by a mirror keeps
/// them.</summary>
internal sealed class SvmRangeMap(AllocationGate gate) : IDisposable
{
    private readonly VmaIndex _index = new(gate);

    private readonly SlotStore<SvmRange> _slots = new(gate);

    /// <summary>The range of a slot.</summary>
    public ref SvmRange this[int slot] => ref _slots[slot];

    public int Count => _index.Count;

    /// <summary>Adds a range; 0 when memory could not be had.</summary>
    public int TryAdd(ulong start, ulong end)
    {
        int slot = _slots.Rent();
        if (slot == 0)
            return 0;

        _slots[slot] = new SvmRange { Start = start, End = end };
        if (_index.TryInsert(start, slot))
            return slot;
        _slots.Return(slot);
        return 0;
    }

    public void Remove(int slot)
    {
        _index.Remove(_slots[slot].Start);
        _slots.Return(slot);
    }

    /// <summary>The range with exactly this start, or 0.</summary>
    public int Find(ulong start) => Math.Max(_index.Find(start), 0);

    /// <summary>The lowest range that overlaps <c>[start, end)</c>, or 0.</summary>
    public int FirstOverlap(ulong start, ulong end)
    {
        int floor = _index.Floor(start, out int next);
        if (floor > 0 && _slots[floor].End > start)
            return floor;
        return next > 0 && _slots[next].Start < end ? next : 0;
    }

    public void Dispose()
    {
        _index.Dispose();
        _slots.Dispose();
    }
}
