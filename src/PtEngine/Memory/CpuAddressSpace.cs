namespace XePt.Memory;

/// <summary>
/// The CPU address space of a client as the embedder declares it: intervals of CPU addresses with the physical pages behind them
/// (HST-001). Userptr binds pin a mapping; removing a mapping keeps it alive until the last pin is gone.
/// </summary>
internal sealed class CpuAddressSpace
{
    private sealed class Mapping(ulong start, Backing backing)
    {
        public ulong Start { get; } = start;
        public ulong End { get; } = start + backing.Size;
        public Backing Backing { get; } = backing;
        public int Pins;
        public bool IsRemoved;
    }

    // Slots are stable numbers from 1; the order is by address, for look-ups.
    private readonly List<Mapping?> _slots = [null];
    private readonly List<int> _order = [];

    /// <summary>Declares <c>[start, start + backing.Size)</c>; false when it overlaps a mapping that is there.</summary>
    public bool TryAdd(ulong start, Backing backing)
    {
        var mapping = new Mapping(start, backing);
        int at = UpperBound(start);
        bool overlaps = (at > 0 && At(at - 1).End > start) || (at < _order.Count && At(at).Start < mapping.End);
        if (overlaps)
            return false;

        _order.Insert(at, _slots.Count);
        _slots.Add(mapping);
        return true;
    }

    /// <summary>Takes away the mapping that starts at an address; false when there is none.</summary>
    public bool TryRemove(ulong start)
    {
        int at = UpperBound(start) - 1;
        if (at < 0 || At(at).Start != start)
            return false;

        int slot = _order[at];
        _order.RemoveAt(at);
        _slots[slot]!.IsRemoved = true;
        ReleaseIfUnused(slot);
        return true;
    }

    /// <summary>Pins the one mapping that holds <c>[start, start + size)</c>.</summary>
    /// <returns>Its slot, or 0 when the CPU memory is not mapped (BIND-178).</returns>
    public int TryPin(ulong start, ulong size)
    {
        int at = UpperBound(start) - 1;
        if (at < 0 || start + size < start || start + size > At(at).End)
            return 0;

        At(at).Pins++;
        return _order[at];
    }

    public void Unpin(int slot)
    {
        _slots[slot]!.Pins--;
        ReleaseIfUnused(slot);
    }

    /// <summary>The pages of a pinned mapping.</summary>
    public Backing BackingOf(int slot) => _slots[slot]!.Backing;

    /// <summary>CPU address of the first byte of a pinned mapping.</summary>
    public ulong StartOf(int slot) => _slots[slot]!.Start;

    private Mapping At(int order) => _slots[_order[order]]!;

    private void ReleaseIfUnused(int slot)
    {
        Mapping mapping = _slots[slot]!;
        if (!mapping.IsRemoved || mapping.Pins > 0)
            return;
        mapping.Backing.Dispose();
        _slots[slot] = null;
    }

    /// <summary>Number of mappings that start at or below an address.</summary>
    private int UpperBound(ulong address)
    {
        int low = 0, high = _order.Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (At(middle).Start <= address)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
