using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Memory;

/// <summary>
/// The CPU address space of a client as the embedder declares it: intervals of CPU addresses with the physical pages behind them
/// (HST-001). Userptr binds pin pages, across the borders of adjacent intervals if need be, as pages are pinned without regard to how CPU
/// memory was mapped; what is pinned stays until the last pin is gone, also when the intervals go.
/// </summary>
/// <remarks>Concurrency: any thread; every call takes the gate, and nobody is called inside it. A pinned slot keeps its pages, so what
/// <see cref="BackingOf"/> gave may be read outside.</remarks>
internal sealed class CpuAddressSpace
{
    private sealed class Mapping(ulong start, Backing backing)
    {
        public ulong Start { get; } = start;
        public ulong End { get; } = start + backing.Size;
        public Backing Backing { get; } = backing;
        public bool IsReadOnly { get; init; }
        public int Pins;
        public bool IsRemoved;
    }

    // Slots are stable numbers from 1; the order is by address, for look-ups.
    private readonly List<Mapping?> _slots = [null];
    private readonly Stack<int> _freeSlots = [];
    private readonly List<int> _order = [];
    private SpinGate _gate;
    private bool _isClosed;

    /// <summary>Declares <c>[start, start + size)</c> to be these pages; false when it overlaps a mapping that is there, or the address
    /// space is closed.</summary>
    /// <exception cref="InsufficientMemoryException">The host has no memory; nothing has changed.</exception>
    public bool TryAdd(ulong start, ReadOnlySpan<Segment> pages, ulong size, bool isReadOnly = false)
    {
        var made = new Mapping(start, Backing.Create(pages, size)) { IsReadOnly = isReadOnly };
        _gate.Enter();
        int at = UpperBound(start);
        bool overlaps = (at > 0 && At(at - 1).End > start) || (at < _order.Count && At(at).Start < start + size);
        bool isAdded = !overlaps && !_isClosed;
        if (isAdded)
            _order.Insert(at, AddSlot(made));
        _gate.Exit();
        if (!isAdded)
            made.Backing.Dispose();
        return isAdded;
    }

    /// <summary>Puts other pages behind the mapping that starts at an address; false when there is none of this size. What is pinned stays
    /// as it was.</summary>
    /// <exception cref="InsufficientMemoryException">The host has no memory; nothing has changed.</exception>
    public bool TryReplace(ulong start, ReadOnlySpan<Segment> pages, ulong size)
    {
        var made = new Mapping(start, Backing.Create(pages, size));
        _gate.Enter();
        int at = UpperBound(start) - 1;
        bool exists = at >= 0 && At(at).Start == start && At(at).End - start == size;
        if (exists)
        {
            made = At(at).IsReadOnly ? new Mapping(start, made.Backing) { IsReadOnly = true } : made;
            RemoveAt(at);
            _order.Insert(at, AddSlot(made));
        }

        _gate.Exit();
        if (!exists)
            made.Backing.Dispose();
        return exists;
    }

    /// <summary>Takes away the mapping that starts at an address; false when there is none.</summary>
    public bool TryRemove(ulong start)
    {
        _gate.Enter();
        int at = UpperBound(start) - 1;
        bool exists = at >= 0 && At(at).Start == start;
        if (exists)
            RemoveAt(at);
        _gate.Exit();
        return exists;
    }

    /// <summary>Takes all mappings away for good; what is pinned stays until it is let go.</summary>
    public void Close()
    {
        _gate.Enter();
        _isClosed = true;
        while (_order.Count > 0)
            RemoveAt(_order.Count - 1);
        _gate.Exit();
    }

    /// <summary>Pins the pages of <c>[start, start + size)</c>.</summary>
    /// <param name="start">First CPU address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="forWriting">The GPU may write to them (UPTR-006).</param>
    /// <param name="slot">Names the pages; 0 after an errno.</param>
    /// <returns>Ok; -EFAULT when part of it is not mapped (BIND-178); -EPERM when part of it cannot be written (UPTR-004); -ENOMEM when the
    /// host has no memory.</returns>
    public Errno Pin(ulong start, ulong size, bool forWriting, out int slot)
    {
        slot = 0;
        _gate.Enter();
        int at = UpperBound(start) - 1;
        Errno error = Errno.EFAULT;
        if (at >= 0 && start + size >= start && CoversTo(at, start, start + size, out int last))
        {
            bool isWritable = !forWriting || IsWritable(at, last);
            slot = !isWritable ? 0 : at == last ? _order[at] : TryJoin(at, start, start + size);
            error = slot != 0 ? Errno.Ok : isWritable ? Errno.ENOMEM : Errno.EPERM;
        }

        if (slot != 0)
            _slots[slot]!.Pins++;
        _gate.Exit();
        return error;
    }

    /// <summary>Pins pages that were collected elsewhere.</summary>
    /// <param name="start">Their CPU address.</param>
    /// <param name="pages">The pages, which are disposed with the pin.</param>
    /// <returns>Names them.</returns>
    public int Adopt(ulong start, Backing pages)
    {
        _gate.Enter();
        int slot = AddSlot(new Mapping(start, pages) { IsRemoved = true, Pins = 1 });
        _gate.Exit();
        return slot;
    }

    public void Unpin(int slot)
    {
        _gate.Enter();
        _slots[slot]!.Pins--;
        ReleaseIfUnused(slot);
        _gate.Exit();
    }

    /// <summary>The pages of a pinned slot, and the CPU address of their first byte.</summary>
    public Backing BackingOf(int slot, out ulong start)
    {
        _gate.Enter();
        Mapping mapping = _slots[slot]!;
        _gate.Exit();
        start = mapping.Start;
        return mapping.Backing;
    }

    private Mapping At(int order) => _slots[_order[order]]!;

    /// <summary>Whether mappings without a gap between them hold <c>[start, end)</c>; the first one is given, the last one found.</summary>
    private bool IsWritable(int first, int last)
    {
        while (first <= last && !At(first).IsReadOnly)
            first++;
        return first > last;
    }

    private bool CoversTo(int first, ulong start, ulong end, out int last)
    {
        last = first;
        if (At(first).End <= start)
            return false;
        while (At(last).End < end)
        {
            if (last + 1 == _order.Count || At(last + 1).Start != At(last).End)
                return false;
            last++;
        }

        return true;
    }

    /// <summary>A slot for the pages of <c>[start, end)</c> in one list, contiguous neighbours joined across borders too (PT-067); 0
    /// without memory.</summary>
    private int TryJoin(int first, ulong start, ulong end)
    {
        var pages = new List<Segment>();
        ulong next = ulong.MaxValue;
        for (int at = first; at < _order.Count && At(at).Start < end; at++)
        {
            Mapping mapping = At(at);
            ReadOnlySpan<Segment> segments = mapping.Backing.Segments;
            for (int i = 0; i < segments.Length; i++)
            {
                ulong from = Math.Max(mapping.Start + segments[i].Offset, start);
                ulong to = Math.Min(i + 1 < segments.Length ? mapping.Start + segments[i + 1].Offset : mapping.End, end);
                if (from >= to)
                    continue;
                ulong address = segments[i].Address + (from - mapping.Start - segments[i].Offset);
                if (address != next)
                    pages.Add(new Segment(from - start, address, segments[i].Kind));
                next = address + (to - from);
            }
        }

        return Backing.TryCreate(CollectionsMarshal.AsSpan(pages), end - start) is { } joined
            ? AddSlot(new Mapping(start, joined) { IsRemoved = true })
            : 0;
    }

    private int AddSlot(Mapping mapping)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }

        _slots[slot] = mapping;
        return slot;
    }

    private void RemoveAt(int at)
    {
        int slot = _order[at];
        _order.RemoveAt(at);
        _slots[slot]!.IsRemoved = true;
        ReleaseIfUnused(slot);
    }

    private void ReleaseIfUnused(int slot)
    {
        Mapping mapping = _slots[slot]!;
        if (!mapping.IsRemoved || mapping.Pins > 0)
            return;
        mapping.Backing.Dispose();
        _slots[slot] = null;
        _freeSlots.Push(slot);
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
