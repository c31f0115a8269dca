using System.Numerics;
using System.Runtime.CompilerServices;

namespace XePt.Tlb;

/// <summary>
/// One set-associative array of a TLB model: entries of one size, found by VM and page number. What an entry holds is the user's.
/// </summary>
/// <remarks>
/// <para>Concurrency: any thread looks up without a lock, any thread inserts and drops. Each set has a version word, even while nobody
/// writes the set: a writer makes it odd by an interlocked exchange and even again by a release store; a reader copies an entry between two
/// reads of the word and takes it only when both gave the same even value. The marks of use are written outside that; a lost one costs a
/// poorer choice of victim and nothing else.</para>
/// <para>An insertion that races with a flush must lose. The inserter holds the set and looks at the flush number again: if it still is the
/// one from before the walk, the flush has not come to this set and will find the entry; if not, nothing is inserted. The count of entries
/// is raised before that look, so a flush that skips the array because it is empty has made its number known before.</para>
/// </remarks>
internal sealed class TlbArray
{
    private struct Line
    {
        public ulong Page;
        public ulong Entry;
        public ulong AsOf;
        public uint Kind;
        public int Vm;
        public uint Used;
    }

    private struct Set
    {
        public int Version;
        public uint Clock;
        public uint Tree;
    }

    private readonly Line[] _lines;
    private readonly Set[] _sets;
    private readonly int _ways;
    private readonly TlbReplacement _replacement;
    private int _count;

    /// <param name="shift">log2 of the bytes an entry covers.</param>
    /// <param name="geometry">Sets and ways.</param>
    /// <param name="replacement">How a victim is chosen.</param>
    public TlbArray(int shift, TlbGeometry geometry, TlbReplacement replacement)
    {
        geometry.Check(replacement);
        (Shift, _ways, _replacement) = (shift, geometry.Ways, replacement);
        _sets = new Set[geometry.Sets];
        _lines = new Line[geometry.Sets * geometry.Ways];
    }

    /// <summary>log2 of the bytes an entry covers.</summary>
    public int Shift { get; }

    /// <summary>Entries held.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Finds the entry of an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int vm, ulong va, out TlbEntry entry)
    {
        entry = default;
        return Count != 0 && TryGetInSet(vm, va >> Shift, out entry);
    }

    /// <summary>Inserts an entry unless a flush has begun since it was read.</summary>
    /// <param name="vm">Its VM.</param>
    /// <param name="va">An address it covers.</param>
    /// <param name="entry">What to keep.</param>
    /// <param name="flushes">Counts the flushes begun.</param>
    /// <param name="flushesSeen">Its value from before the tables were read.</param>
    /// <param name="evicted">Another entry had to go.</param>
    /// <returns>False when it was not inserted.</returns>
    public bool Insert(int vm, ulong va, in TlbEntry entry, ref ulong flushes, ulong flushesSeen, out bool evicted)
    {
        ulong page = va >> Shift;
        int set = SetOf(vm, page);
        Interlocked.Increment(ref _count);
        Lock(set);
        evicted = false;
        bool inserts = Volatile.Read(ref flushes) == flushesSeen;
        bool grows = false;
        if (inserts)
        {
            int way = FindOrVictim(set, vm, page);
            ref Line line = ref _lines[(set * _ways) + way];
            grows = line.Vm == 0;
            evicted = !grows && (line.Vm != vm || line.Page != page);
            line = new Line { Vm = vm, Page = page, Entry = entry.Raw, Kind = entry.Kind, AsOf = entry.AsOf };
            Touch(set, way);
        }

        Unlock(set);
        if (!grows)
            Interlocked.Decrement(ref _count);
        return inserts;
    }

    /// <summary>Notes that an entry survived every invalidation up to one.</summary>
    public void Restamp(int vm, ulong va, in TlbEntry entry, ulong asOf)
    {
        ulong page = va >> Shift;
        int set = SetOf(vm, page);
        Lock(set);
        for (int way = 0; way < _ways; way++)
        {
            ref Line line = ref _lines[(set * _ways) + way];
            if (line.Vm == vm && line.Page == page && line.AsOf == entry.AsOf)
                line.AsOf = asOf;
        }

        Unlock(set);
    }

    /// <summary>Drops what an invalidation covers.</summary>
    /// <returns>Entries dropped.</returns>
    public int Drop(in TlbInvalidation invalidation)
    {
        if (Count == 0)
            return 0;

        int dropped = 0;
        ulong first = invalidation.Shaped.Start >> Shift;
        ulong pages = ((invalidation.Shaped.End - 1) >> Shift) - first + 1;
        if (invalidation.IsFull || pages >= (ulong)_sets.Length)
        {
            for (int set = 0; set < _sets.Length; set++)
                dropped += DropInSet(set, invalidation);
        }
        else
        {
            for (ulong page = first; page < first + pages; page++)
                dropped += DropInSet(SetOf(invalidation.Vm.Number, page), invalidation);
        }

        Interlocked.Add(ref _count, -dropped);
        return dropped;
    }

    private int SetOf(int vm, ulong page) => (int)((uint)page + ((uint)vm * 0x9e37_79b9)) & (_sets.Length - 1);

    private bool TryGetInSet(int vm, ulong page, out TlbEntry entry)
    {
        int set = SetOf(vm, page);
        var spin = default(SpinWait);
        while (true)
        {
            int version = Volatile.Read(ref _sets[set].Version);
            int way = Find(set, vm, page);
            Line line = way < 0 ? default : _lines[(set * _ways) + way];
            Volatile.ReadBarrier();
            if ((version & 1) != 0 || _sets[set].Version != version)
            {
                spin.SpinOnce();
                continue;
            }

            entry = new TlbEntry(line.Entry, line.Kind, line.AsOf);
            if (way < 0)
                return false;
            Touch(set, way);
            return true;
        }
    }

    private int Find(int set, int vm, ulong page)
    {
        ReadOnlySpan<Line> lines = _lines.AsSpan(set * _ways, _ways);
        for (int way = 0; way < lines.Length; way++)
        {
            if (lines[way].Page == page && lines[way].Vm == vm)
                return way;
        }

        return -1;
    }

    private int FindOrVictim(int set, int vm, ulong page)
    {
        int way = Find(set, vm, page);
        if (way >= 0)
            return way;

        ReadOnlySpan<Line> lines = _lines.AsSpan(set * _ways, _ways);
        int oldest = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Vm == 0)
                return i;
            // A distance, so that the clock may go round.
            if (_sets[set].Clock - lines[i].Used > _sets[set].Clock - lines[oldest].Used)
                oldest = i;
        }

        return _replacement == TlbReplacement.Lru ? oldest : TreeVictim(_sets[set].Tree);
    }

    /// <summary>Marks a way as the one used last.</summary>
    private void Touch(int set, int way)
    {
        ref Set s = ref _sets[set];
        if (_replacement == TlbReplacement.Lru)
        {
            _lines[(set * _ways) + way].Used = ++s.Clock;
            return;
        }

        // Every node on the way up points away from where we come from.
        uint tree = s.Tree;
        for (int node = way + _ways; node > 1; node >>= 1)
            tree = (node & 1) == 0 ? tree | 1u << (node >> 1) : tree & ~(1u << (node >> 1));
        s.Tree = tree;
    }

    private int TreeVictim(uint tree)
    {
        int node = 1;
        while (node < _ways)
            node = (node << 1) | (int)(tree >> node & 1);
        return node - _ways;
    }

    private int DropInSet(int set, in TlbInvalidation invalidation)
    {
        int dropped = 0;
        Lock(set);
        foreach (ref Line line in _lines.AsSpan(set * _ways, _ways))
        {
            if (line.Vm == 0 || !invalidation.Covers(line.Vm, AddressRange.OfSize(line.Page << Shift, 1UL << Shift)))
                continue;
            line = default;
            dropped++;
        }

        Unlock(set);
        return dropped;
    }

    private void Lock(int set)
    {
        ref int word = ref _sets[set].Version;
        var spin = default(SpinWait);
        while (true)
        {
            int version = Volatile.Read(ref word);
            if ((version & 1) == 0 && Interlocked.CompareExchange(ref word, version + 1, version) == version)
                return;
            spin.SpinOnce();
        }
    }

    private void Unlock(int set) => Volatile.Write(ref _sets[set].Version, _sets[set].Version + 1);
}
