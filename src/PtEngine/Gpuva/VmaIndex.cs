using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>Ordered map from a VMA's start address to its handle: a B+tree in unmanaged memory.</summary>
/// <remarks>
/// <para>Every operation is O(log n) and allocates no managed memory. Keys are addresses below 2^64 - 1, handles are >= 0.</para>
/// <para>One thread at a time: the VM's lock is held, for look-ups too (they remember the last leaf). Walkers never come here,
/// they read table bytes.</para>
/// <para>Inner nodes hold, for each child, the lower bound of the child's keys; the first bound of the leftmost spine is the
/// smallest key there is, so a descent always finds a child. Bounds may lag behind what is still present, never ahead of it.</para>
/// </remarks>
internal sealed unsafe partial class VmaIndex : IDisposable
{
    private const int None = -1;

    private readonly AllocationGate _gate;
    private Node* _root;
    private int _height;

    // The leaf last used: most operations come in clusters (find, remove, insert, at one place).
    private Node* _recent;

    /// <summary>An empty index whose node allocations are counted by <paramref name="gate"/>.</summary>
    public VmaIndex(AllocationGate gate) => _gate = gate;

    /// <summary>Number of VMAs.</summary>
    public int Count { get; private set; }

    /// <summary>Handle of the VMA that starts at <paramref name="start"/>, or -1.</summary>
    public int Find(ulong start)
    {
        if (_height == 0)
            return None;
        long key = ToKey(start);
        Node* leaf = LeafOf(key);
        int slot = SlotOf(leaf, key);
        return slot < 0 ? None : leaf->Vmas[slot];
    }

    /// <summary>Handle of the VMA with the greatest start &lt;= <paramref name="va"/>, or -1.</summary>
    public int Floor(ulong va)
    {
        if (_height == 0)
            return None;
        long key = ToKey(va);
        Node* leaf = LeafOf(key);
        int rank = RankInLeaf(leaf, key);
        if (rank > 0)
            return leaf->Vmas[rank - 1];
        // The bound lags: everything below va is in the leaf before, which is never empty.
        Node* previous = leaf->Previous;
        return previous == null ? None : previous->Vmas[previous->Count - 1];
    }

    /// <summary>Handle of the VMA with the smallest start >= <paramref name="va"/>, or -1.</summary>
    public int Ceiling(ulong va)
    {
        Cursor cursor = CeilingCursor(va);
        return cursor.IsValid ? cursor.Vma : None;
    }

    /// <summary>Forgets all VMAs and gives the node memory back, reserve included.</summary>
    public void Clear()
    {
        _root = null;
        _height = 0;
        _recent = null;
        Count = 0;
        ReleaseNodes();
    }

    /// <summary>Gives the node memory back. The index is empty afterwards.</summary>
    public void Dispose() => Clear();

    // SAFETY: only called with _height >= 1, so _root is a live node; inner nodes hold live children; _recent is dropped when a
    // node is freed.
    private Node* LeafOf(long key)
    {
        Node* node = _recent;
        if (node != null && IsWithin(node, key))
            return node;
        node = _root;
        for (int level = _height; level > 1; level--)
            node = node->Child(RankInInner(node, key) - 1);
        _recent = node;
        return node;
    }

    // One compare, as it is one branch to predict: the distance from the first key, unsigned.
    private static bool IsWithin(Node* leaf, long key)
    {
        long first = leaf->Keys[0];
        return (ulong)(key - first) <= (ulong)(leaf->Keys[leaf->Count - 1] - first);
    }

    private static int SlotOf(Node* leaf, long key)
    {
        int slot = RankInLeaf(leaf, key) - 1;
        return slot >= 0 && leaf->Keys[slot] == key ? slot : None;
    }

    // Signed vector compares exist everywhere, unsigned ones do not: keys are stored with the top bit flipped. The largest key
    // is kept out because it fills unused slots.
    private static long ToKey(ulong va) => Math.Min((long)(va ^ (1UL << 63)), Vacant - 1);

    private static ulong ToVa(long key) => (ulong)key ^ (1UL << 63);
}
