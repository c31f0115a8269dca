using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace XePt.Memory;

// One node: its layout, the search in it, the moves of its entries; and the memory nodes come from, slabs that never move.
// SAFETY, all: nodes are live, and callers keep 0 <= position <= Count and every Count within the capacity.
internal sealed unsafe partial class VmaIndex
{
    /// <summary>VMAs in a full leaf.</summary>
    internal const int LeafCapacity = 40;

    /// <summary>Children of a full inner node.</summary>
    internal const int InnerCapacity = 28;

    /// <summary>Key of an unused slot. It is greater than any address, so searches need not look at the count.</summary>
    internal const long Vacant = long.MaxValue;

    // What a leaf other than the last one has at least.
    private const int LeafMinimum = LeafCapacity * 2 / 5;

    // Four more slots than children, never used: 32 keys are a whole number of vectors of any width.
    private const int InnerKeySlots = 32;

    /// <summary>A leaf (keys and handles) or an inner node (lower bounds and children). Eight cache lines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    internal struct Node
    {
        [FieldOffset(0)]
        public fixed long Keys[LeafCapacity];

        [FieldOffset(LeafCapacity * sizeof(long))]
        public fixed int Vmas[LeafCapacity];

        /// <summary>Addresses of the child nodes.</summary>
        [FieldOffset(InnerKeySlots * sizeof(long))]
        public fixed ulong Children[InnerCapacity];

        [FieldOffset(480)]
        public int Count;

        [FieldOffset(484)]
        public bool IsLeaf;

        [FieldOffset(488)]
        public Node* Previous;

        /// <summary>Next leaf; of a free node, the next free one.</summary>
        [FieldOffset(496)]
        public Node* Next;

        public readonly int Capacity => IsLeaf ? LeafCapacity : InnerCapacity;

        // Below this a node looks for a neighbour to join. Less than half, so that a fresh split does not merge at once.
        public readonly int Minimum => IsLeaf ? LeafMinimum : InnerCapacity * 2 / 5;

        public readonly Node* Child(int position) => (Node*)Children[position];
    }

    /// <summary>Asks for all of a node: else what is read last, behind the search, is a second wait.</summary>
    private static void Prefetch(Node* node)
    {
        if (!Sse.IsSupported)
            return;
        for (byte* line = (byte*)node; line < (byte*)(node + 1); line += 64)
            Sse.Prefetch0(line);
    }

    private static void MakeEmpty(Node* node, bool isLeaf)
    {
        new Span<long>(node->Keys, isLeaf ? LeafCapacity : InnerKeySlots).Fill(Vacant);
        node->Count = 0;
        node->IsLeaf = isLeaf;
        node->Previous = null;
        node->Next = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InsertVma(Node* leaf, int position, long key, int vma)
    {
        MoveUp(leaf->Keys, position, leaf->Count);
        MoveUp(leaf->Vmas, position, leaf->Count);
        leaf->Keys[position] = key;
        leaf->Vmas[position] = vma;
        leaf->Count++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RemoveVma(Node* leaf, int position)
    {
        int last = --leaf->Count;
        MoveDown(leaf->Keys, position, last);
        MoveDown(leaf->Vmas, position, last);
        leaf->Keys[last] = Vacant;
    }

    private static void InsertChild(Node* inner, int position, long bound, Node* child)
    {
        MoveUp(inner->Keys, position, inner->Count);
        MoveUp(inner->Children, position, inner->Count);
        inner->Keys[position] = bound;
        inner->Children[position] = (ulong)child;
        inner->Count++;
    }

    private static void RemoveChild(Node* inner, int position)
    {
        int last = --inner->Count;
        MoveDown(inner->Keys, position, last);
        MoveDown(inner->Children, position, last);
        inner->Keys[last] = Vacant;
    }

    // The items [from, end) go one place up, whole vectors from the end on. The one at the front is read before anything is written, so it
    // may
    // overlap the last of them. A vector that the machine does not have may be moved in two halves, the second read after the first is
    // written: then
    // item by item.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveUp<T>(T* items, int from, int end)
        where T : unmanaged
    {
        T* first = items + (uint)from, at = items + (uint)end;
        if (Vector256.IsHardwareAccelerated && end - from >= Vector256<T>.Count)
        {
            Vector256<T> front = Vector256.Load(first);
            for (at -= Vector256<T>.Count; at > first; at -= Vector256<T>.Count)
                Vector256.Store(Vector256.Load(at), at + 1);
            Vector256.Store(front, first + 1);
            return;
        }

        for (; at > first; at--)
            *at = at[-1];
    }

    // The items (to, end] go one place down, likewise from the front on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveDown<T>(T* items, int to, int end)
        where T : unmanaged
    {
        T* at = items + (uint)to, last = items + (uint)end;
        if (Vector256.IsHardwareAccelerated && end - to >= Vector256<T>.Count)
        {
            Vector256<T> back = Vector256.Load(last - (Vector256<T>.Count - 1));
            for (; at + Vector256<T>.Count < last; at += Vector256<T>.Count)
                Vector256.Store(Vector256.Load(at + 1), at);
            Vector256.Store(back, last - Vector256<T>.Count);
            return;
        }

        for (; at < last; at++)
            *at = at[1];
    }

    // The entries from `from` on go to the front of the right neighbour.
    private static void MoveTail(Node* left, int from, Node* right)
    {
        int moved = left->Count - from;
        MoveEntries(right, 0, right, moved, right->Count);
        MoveEntries(left, from, right, 0, moved);
        right->Count += moved;
        Truncate(left, from);
    }

    // The first `moved` entries go to the end of the left neighbour.
    private static void MoveHead(Node* right, int moved, Node* left)
    {
        MoveEntries(right, 0, left, left->Count, moved);
        left->Count += moved;
        MoveEntries(right, moved, right, 0, right->Count - moved);
        Truncate(right, right->Count - moved);
    }

    private static void Truncate(Node* node, int count)
    {
        for (int i = count; i < node->Count; i++)
            node->Keys[i] = Vacant;
        node->Count = count;
    }

    private static void MoveEntries(Node* source, int from, Node* target, int to, int entries)
    {
        Move(source->Keys + from, target->Keys + to, entries);
        if (source->IsLeaf)
            Move(source->Vmas + from, target->Vmas + to, entries);
        else
            Move(source->Children + from, target->Children + to, entries);
    }

    private static void Move<T>(T* source, T* target, int count)
        where T : unmanaged =>
        new ReadOnlySpan<T>(source, count).CopyTo(new Span<T>(target, count));

    // Rank = number of keys <= key. Unused slots hold the greatest key and are never counted, so all forms look at all slots without a
    // branch: the cost is the same whatever the fill, and nothing is mispredicted.
    // SAFETY: the pointer is to the keys of a live node: 28 of an inner node followed by 4 unused ones, 40 of a leaf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RankInLeaf(Node* leaf, long key) => Rank(leaf->Keys, key, isLeaf: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RankInInner(Node* inner, long key) => Rank(inner->Keys, key, isLeaf: false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Rank(long* keys, long key, bool isLeaf)
    {
        if (Vector512.IsHardwareAccelerated)
            return RankVector512(keys, key, isLeaf);
        return Vector256.IsHardwareAccelerated ? RankVector256(keys, key, isLeaf) : RankScalar(keys, key, isLeaf);
    }

    internal static int RankScalar(long* keys, long key, bool isLeaf)
    {
        int rank = 0;
        for (int i = 0; i < (isLeaf ? LeafCapacity : InnerCapacity); i++)
            rank += keys[i] <= key ? 1 : 0;
        return rank;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector256(long* keys, long key, bool isLeaf)
    {
        Vector256<long> probe = Vector256.Create(key);
        Vector256<long> even = Vector256.GreaterThan(Vector256.Load(keys), probe);
        Vector256<long> odd = Vector256.GreaterThan(Vector256.Load(keys + 4), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 8), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 12), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 16), probe);
        odd += Vector256.GreaterThan(Vector256.Load(keys + 20), probe);
        even += Vector256.GreaterThan(Vector256.Load(keys + 24), probe);
        if (isLeaf)
        {
            odd += Vector256.GreaterThan(Vector256.Load(keys + 28), probe);
            even += Vector256.GreaterThan(Vector256.Load(keys + 32), probe);
            odd += Vector256.GreaterThan(Vector256.Load(keys + 36), probe);
        }

        // Each lane counts its greater keys as -1.
        return (isLeaf ? LeafCapacity : InnerCapacity) + (int)Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int RankVector512(long* keys, long key, bool isLeaf)
    {
        Vector512<long> probe = Vector512.Create(key);
        // One bit per key: 40 of them fit one word.
        ulong atMost = Vector512.LessThanOrEqual(Vector512.Load(keys), probe).ExtractMostSignificantBits()
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 8), probe).ExtractMostSignificantBits() << 8)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 16), probe).ExtractMostSignificantBits() << 16)
            | (Vector512.LessThanOrEqual(Vector512.Load(keys + 24), probe).ExtractMostSignificantBits() << 24);
        if (isLeaf)
            atMost |= Vector512.LessThanOrEqual(Vector512.Load(keys + 32), probe).ExtractMostSignificantBits() << 32;
        return BitOperations.PopCount(atMost);
    }

    // A slab of the first ones, so that small indices stay small; a later one is of huge pages.
    private const int NodesPerSlab = 64;
    private const int SmallSlabs = 32;
    private const int NodesPerHugeSlab = NativeBlocks.HugePage / 512;

    // The first node of a slab is not handed out: its Next links the slabs.
    private Node* _slabs;
    private Node* _free;
    private int _slabCount;
    private int _nodesHeld;

    // What the running request has taken out and may have to put back.
    private int _takenOut;

    /// <summary>Nodes in use by the tree.</summary>
    public int NodeCount { get; private set; }

    private int SpareNodes => _nodesHeld - NodeCount;

    // Afterwards `nodes` calls of TakeNode succeed. The gate is asked once per node, whether recycled or new, so that injected
    // failures do not depend on history.
    private bool TryGrant(int nodes)
    {
        for (int i = 0; i < nodes; i++)
        {
            if (!_gate.Allow())
                return false;
        }

        return TryHold(nodes + NodesToPutBack());
    }

    private bool TryHold(long nodes)
    {
        while (SpareNodes < nodes)
        {
            if (!TryAddSlab())
                return false;
        }

        return true;
    }

    // The nodes given up when a VMA was removed do not suffice to put it back: others move to its leaf meanwhile. Each insertion splits at
    // most one node per
    // level and makes the tree one level higher; and however the tree comes to look, it has no more nodes than the least filled one.
    private long NodesToPutBack()
    {
        long leaves = ((long)(Count + _takenOut) / LeafMinimum) + 2;
        long most = leaves + (leaves / 10) + MaxHeight - NodeCount;
        return Math.Min(_takenOut * (MaxHeight + 1L), Math.Max(most, 0));
    }

    private Node* TakeNode(bool isLeaf)
    {
        Node* node = _free;
        _free = node->Next;
        MakeEmpty(node, isLeaf);
        NodeCount++;
        return node;
    }

    private void FreeNode(Node* node)
    {
        node->Next = _free;
        _free = node;
        NodeCount--;
    }

    private bool TryAddSlab()
    {
        bool isSmall = _slabCount < SmallSlabs;
        int nodes = isSmall ? NodesPerSlab : NodesPerHugeSlab;
        nuint bytes = (nuint)nodes * (nuint)sizeof(Node);
        var slab = (Node*)(isSmall ? NativeBlocks.TryTakeAligned(bytes) : NativeBlocks.TryTakeHuge(bytes));
        if (slab == null)
            return false;

        for (int i = nodes - 1; i > 0; i--)
        {
            slab[i].Next = _free;
            _free = &slab[i];
        }

        slab->Next = _slabs;
        _slabs = slab;
        _slabCount++;
        _nodesHeld += nodes - 1;
        return true;
    }

    private void ReleaseNodes()
    {
        while (_slabs != null)
        {
            Node* slab = _slabs;
            _slabs = slab->Next;
            NativeBlocks.ReturnAligned(slab);
        }

        _free = null;
        _slabCount = 0;
        _nodesHeld = 0;
        _takenOut = 0;
        NodeCount = 0;
    }
}
