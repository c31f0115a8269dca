using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>The SVM ranges of one VM by address, the notifiers that cover them, and those that wait for the garbage collector. They belong
/// to the address range, not to a VMA: replacing a mirror by a mirror keeps them.</summary>
/// <remarks>Concurrency: the VM's writer side changes the map, inside the notifier gate (<see cref="Gate"/>); so whoever is inside the gate
/// may look at it from any thread (<see cref="FirstOverlapInside"/>), and the writer side looks without. Pages, flags and masks of a range
/// change inside the gate only.</remarks>
internal sealed class SvmRangeMap(AllocationGate gate) : IDisposable
{
    private readonly VmaIndex _index = new(gate);
    private readonly SlotStore<SvmRange> _slots = new(gate);
    private readonly VmaIndex _notifierIndex = new(gate);
    private readonly Stack<SvmNotifier> _idleNotifiers = [];
    private SvmNotifier[] _notifiers = new SvmNotifier[8];
    private int _notifierTop = 1;
    private int _firstGarbage, _lastGarbage;

    /// <summary>The notifier lock of the VM (class B of specification 04 section 16).</summary>
    public SpinGate Gate;

    /// <summary>Zaps of ranges that are not flushed yet; inside the gate.</summary>
    public ZapsInFlight Zaps { get; } = new();

    /// <summary>The range of a slot.</summary>
    public ref SvmRange this[int slot] => ref _slots[slot];

    public int Count => _index.Count;

    public int NotifierCount => _notifierIndex.Count;

    /// <summary>The range that the garbage collector takes next, or 0.</summary>
    public int FirstGarbage => Volatile.Read(ref _firstGarbage);

    /// <summary>The notifier of a slot.</summary>
    public SvmNotifier Notifier(int slot) => _notifiers[slot];

    /// <summary>Adds a range; 0 when memory could not be had.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    /// <param name="notifier">The notifier that covers it, or null.</param>
    /// <param name="flags">What it is from its first moment on: a change may meet it at once.</param>
    public int TryAdd(ulong start, ulong end, SvmNotifier? notifier = null, SvmRangeFlags flags = SvmRangeFlags.None)
    {
        Gate.Enter();
        try
        {
            // Inside, because a store that grows moves the book in which others look for their ranges.
            ref SvmRange range = ref _slots.Rent(out int slot);
            if (slot == 0)
                return 0;
            (range.Start, range.End, range.Flags) = (start, end, flags);
            range.Notifier = notifier?.Slot ?? 0;
            return Insert(slot, start, notifier);
        }
        finally
        {
            Gate.Exit();
        }
    }

    /// <summary>Removes a range and its place in the garbage list. Its notifier stays.</summary>
    public void Remove(int slot)
    {
        Gate.Enter();
        ref SvmRange range = ref _slots[slot];
        Unlist(slot);
        _index.Remove(range.Start);
        if (range.Notifier != 0)
            _notifiers[range.Notifier].Ranges--;
        range.Pages.Free();
        _slots.Return(slot);
        Gate.Exit();
    }

    /// <summary>The range with exactly this start, or 0.</summary>
    public int Find(ulong start) => Math.Max(_index.Find(start), 0);

    /// <summary>The lowest range that overlaps <c>[start, end)</c>, or 0.</summary>
    public int FirstOverlap(ulong start, ulong end)
    {
        int floor = _index.Floor(start, end, out int next);
        if (floor > 0 && _slots[floor].End > start)
            return floor;
        return next > 0 && _slots[next].Start < end ? next : 0;
    }

    /// <summary>As <see cref="FirstOverlap"/>, for any thread inside the gate: the writer side looks without it, and each of its looks
    /// moves the finger of the index.</summary>
    public int FirstOverlapInside(ulong start, ulong end)
    {
        int floor = _index.Peek(start, out int next);
        if (floor > 0 && _slots[floor].End > start)
            return floor;
        return next > 0 && _slots[next].Start < end ? next : 0;
    }

    /// <summary>The range that starts at or above an address, or 0.</summary>
    public int NextFrom(ulong address) => Math.Max(_index.Ceiling(address), 0);

    /// <summary>The range that contains an address, or 0.</summary>
    public int Containing(ulong address)
    {
        int floor = _index.Floor(address);
        return floor > 0 && _slots[floor].End > address ? floor : 0;
    }

    /// <summary>The same.</summary>
    /// <param name="address">The address.</param>
    /// <param name="free">Without such a range, what around the address no range is in, no farther than 2 MiB.</param>
    public int Containing(ulong address, out AddressRange free)
    {
        ulong end = (address | (PageSizes.Size2M - 1)) + 1;
        int floor = _index.Floor(address, end, out int next);
        ulong below = floor > 0 ? _slots[floor].End : 0;
        free = new AddressRange(below, next > 0 ? _slots[next].Start : end);
        return below > address ? floor : 0;
    }

    /// <summary>Adds a notifier without ranges; null when memory could not be had.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    /// <param name="handler">Who is told of changes there.</param>
    public SvmNotifier? TryAddNotifier(ulong start, ulong end, SvmChangeHandler handler)
    {
        if (!gate.Allow())
            return null;
        if (!_idleNotifiers.TryPop(out SvmNotifier? notifier))
            notifier = MakeNotifier(handler);
        (notifier.From, notifier.To) = (start, end);
        bool isIn = false;
        Gate.Enter();
        try
        {
            isIn = _notifierIndex.TryInsert(start, notifier.Slot);
            return isIn ? notifier : null;
        }
        finally
        {
            Gate.Exit();
            if (!isIn)
                _idleNotifiers.Push(notifier);
        }
    }

    /// <summary>Removes a notifier that has no ranges and is not subscribed any more.</summary>
    public void RemoveNotifier(SvmNotifier notifier)
    {
        Gate.Enter();
        _notifierIndex.Remove(notifier.From);
        Gate.Exit();
        _idleNotifiers.Push(notifier);
    }

    /// <summary>The notifier that covers an address, or 0.</summary>
    public int NotifierAt(ulong address)
    {
        int floor = _notifierIndex.Floor(address);
        return floor > 0 && _notifiers[floor].To > address ? floor : 0;
    }

    /// <summary>The notifier at or above an address, or 0.</summary>
    public int NotifierFrom(ulong address) => Math.Max(_notifierIndex.Ceiling(address), 0);

    /// <summary>What was zapped on some tiles is flushed; outside the gate.</summary>
    public void EndZap(uint tiles)
    {
        if (tiles == 0)
            return;
        Gate.Enter();
        Zaps.End(tiles);
        Gate.Exit();
    }

    /// <summary>Puts a range at the end of the garbage list unless it is in it, inside the gate.</summary>
    public void List(int slot)
    {
        ref SvmRange range = ref _slots[slot];
        if (range.Has(SvmRangeFlags.Listed))
            return;
        range.Flags |= SvmRangeFlags.Listed;
        (range.PreviousGarbage, range.NextGarbage) = (_lastGarbage, 0);
        if (_lastGarbage == 0)
            Volatile.Write(ref _firstGarbage, slot);
        else
            _slots[_lastGarbage].NextGarbage = slot;
        _lastGarbage = slot;
    }

    /// <summary>Takes a range out of the garbage list, inside the gate; nothing when it is not in it.</summary>
    public void Unlist(int slot)
    {
        ref SvmRange range = ref _slots[slot];
        if (!range.Has(SvmRangeFlags.Listed))
            return;
        range.Flags &= ~SvmRangeFlags.Listed;
        if (range.PreviousGarbage == 0)
            Volatile.Write(ref _firstGarbage, range.NextGarbage);
        else
            _slots[range.PreviousGarbage].NextGarbage = range.NextGarbage;
        if (range.NextGarbage == 0)
            _lastGarbage = range.PreviousGarbage;
        else
            _slots[range.NextGarbage].PreviousGarbage = range.PreviousGarbage;
        range.PreviousGarbage = range.NextGarbage = 0;
    }

    public void Dispose()
    {
        for (int slot = NextFrom(0); slot != 0; slot = NextFrom(_slots[slot].End))
            _slots[slot].Pages.Free();
        _index.Dispose();
        _slots.Dispose();
        _notifierIndex.Dispose();
    }

    private int Insert(int slot, ulong start, SvmNotifier? notifier)
    {
        if (!_index.TryInsert(start, slot))
        {
            _slots.Return(slot);
            return 0;
        }

        if (notifier is not null)
            notifier.Ranges++;
        return slot;
    }

    private SvmNotifier MakeNotifier(SvmChangeHandler handler)
    {
        if (_notifierTop == _notifiers.Length)
            Array.Resize(ref _notifiers, _notifierTop * 2);
        return _notifiers[_notifierTop] = new SvmNotifier(handler, _notifierTop++);
    }
}
