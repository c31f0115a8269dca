using XePt.Memory;

namespace XePt.Host;

/// <summary>The page tables of a modelled process: entries in leaves of 2 MiB that exist only while one of them is populated.</summary>
/// <remarks>Concurrency: none; the machine has a gate.</remarks>
internal sealed unsafe class PageMap(AllocationGate gate) : IDisposable
{
    /// <summary>Bytes that a leaf is for.</summary>
    public const ulong LeafBytes = 2 << 20;

    private const int EntriesPerLeaf = 512;

    internal struct Leaf
    {
        public fixed ulong Entries[EntriesPerLeaf];

        public ulong Start;

        /// <summary>Entries that are not 0, and holds.</summary>
        public int Count;
    }

    private readonly VmaIndex _index = new(gate);
    private readonly SlotStore<Leaf> _leaves = new(gate);

    /// <summary>Leaves that there are.</summary>
    public int LeafCount => _leaves.Count;

    public static ulong LeafStart(ulong address) => address & ~(LeafBytes - 1);

    /// <summary>The entry of a page; that of no page when there is no leaf.</summary>
    public PageEntry this[ulong address] => _index.Find(LeafStart(address)) is var leaf and > 0 ? Read(leaf, address) : default;

    /// <summary>The leaf of an address, or 0.</summary>
    public int LeafOf(ulong address) => Math.Max(0, _index.Find(LeafStart(address)));

    /// <summary>The first leaf that has addresses of <c>[start, end)</c>, or 0.</summary>
    /// <param name="start">First address.</param>
    /// <param name="end">End.</param>
    /// <param name="first">Where it begins.</param>
    public int FirstLeaf(ulong start, ulong end, out ulong first)
    {
        int leaf = Math.Max(0, _index.Ceiling(LeafStart(start)));
        first = leaf != 0 ? _leaves[leaf].Start : end;
        return first < end ? leaf : 0;
    }

    /// <summary>The leaf of an address, made when there is none; 0 without memory.</summary>
    public int TryMakeLeaf(ulong address)
    {
        if (LeafOf(address) is var found and not 0)
            return found;

        int leaf = _leaves.Rent();
        if (leaf == 0)
            return 0;
        if (!_index.TryInsert(LeafStart(address), leaf))
        {
            _leaves.Return(leaf);
            return 0;
        }

        _leaves[leaf].Start = LeafStart(address);
        return leaf;
    }

    /// <summary>An entry of a leaf.</summary>
    // SAFETY: the index is below the number of entries.
    public PageEntry Read(int leaf, ulong address) => new(_leaves[leaf].Entries[IndexOf(address)]);

    /// <summary>How many pages from an address on, which has one, go on in the memory that the first is in, for the same use: up to an end
    /// and inside the leaf.</summary>
    public int RunLength(int leaf, ulong address, ulong end)
    {
        uint first = IndexOf(address);
        int most = (int)Math.Min((end - address) >> PageBytes.Shift, EntriesPerLeaf - first);
        // SAFETY: most stays in the leaf.
        fixed (ulong* entries = &_leaves[leaf].Entries[first])
        {
            PageEntry next = new PageEntry(entries[0]).After(1);
            int pages = 1;
            for (; pages < most && entries[pages] == next.Bits; pages++)
                next = next.After(1);
            return pages;
        }
    }

    /// <summary>Changes an entry of a leaf. A leaf that becomes empty stays until <see cref="Trim(ulong, ulong)"/>.</summary>
    public void Write(int leaf, ulong address, PageEntry entry)
    {
        ref Leaf l = ref _leaves[leaf];
        // SAFETY: as above.
        ref ulong bits = ref l.Entries[IndexOf(address)];
        l.Count += (entry.Bits != 0 ? 1 : 0) - (bits != 0 ? 1 : 0);
        bits = entry.Bits;
    }

    /// <summary>Has a leaf at an address that is not forgotten when it becomes empty; false without memory.</summary>
    public bool TryHoldLeaf(ulong address)
    {
        int leaf = TryMakeLeaf(address);
        if (leaf != 0)
            _leaves[leaf].Count++;
        return leaf != 0;
    }

    /// <summary>Ends one <see cref="TryHoldLeaf"/>.</summary>
    public void LetLeafGo(ulong address)
    {
        _leaves[LeafOf(address)].Count--;
        Trim(address);
    }

    /// <summary>The entries of <c>[start, end)</c> that are populated or held, upwards. They may be changed meanwhile, and leaves be made,
    /// but none forgotten.</summary>
    public Entries Populated(ulong start, ulong end) => new(this, start, end);

    /// <summary>Forgets the leaves of an interval that are empty.</summary>
    public void Trim(ulong start, ulong end)
    {
        for (ulong at = start; at < end && FirstLeaf(at, end, out ulong first) != 0; at = first + LeafBytes)
            Trim(first);
    }

    /// <summary>Forgets the leaf of an address if it is there and empty.</summary>
    public void Trim(ulong address)
    {
        int leaf = LeafOf(address);
        if (leaf == 0 || _leaves[leaf].Count > 0)
            return;
        _index.Remove(LeafStart(address));
        _leaves.Return(leaf);
    }

    /// <summary>Entries of a leaf that are populated or held.</summary>
    public int CountOf(int leaf) => _leaves[leaf].Count;

    public void Dispose()
    {
        _index.Dispose();
        _leaves.Dispose();
    }

    /// <summary>An entry and where it is.</summary>
    public readonly record struct Place(ulong Address, int Leaf, PageEntry Entry);

    /// <summary>See <see cref="Populated"/>.</summary>
    public ref struct Entries(PageMap map, ulong start, ulong end)
    {
        private ulong _next = start;
        private ulong _leafEnd = start;
        private int _leaf;

        public Place Current { get; private set; }

        public readonly Entries GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _leafEnd || TryNextLeaf())
            {
                ulong address = _next;
                _next += PageBytes.Size;
                PageEntry entry = map.Read(_leaf, address);
                if (entry.Bits == 0)
                    continue;
                Current = new Place(address, _leaf, entry);
                return true;
            }

            return false;
        }

        private bool TryNextLeaf()
        {
            if (_next >= end || (_leaf = map.FirstLeaf(_next, end, out ulong first)) == 0)
                return false;
            _next = Math.Max(_next, first);
            _leafEnd = Math.Min(first + LeafBytes, end);
            return true;
        }
    }

    private static uint IndexOf(ulong address) => (uint)(address >> 12) & (EntriesPerLeaf - 1);
}
