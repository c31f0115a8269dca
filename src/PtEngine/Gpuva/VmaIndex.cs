using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>Ordered map from a VMA's start address to its handle: a B+tree in unmanaged memory.</summary>
/// <remarks>
/// <para>Every operation is O(log n) and allocates no managed memory. Keys are addresses below 2^64 - 1, handles are >= 0.</para>
/// <para>One writer, and no reader beside it: readers take the VM's lock for reading. Walkers never come here, they read table bytes.</para>
/// <para>Inner nodes hold, for each child, the lower bound of the child's keys; the first bound of the leftmost spine is the
/// smallest key there is, so a descent always finds a child. Bounds may lag behind what is still present, never ahead of it.</para>
/// </remarks>
internal sealed unsafe partial class VmaIndex : IDisposable
{
    // 16^8 entries of the least filled tree exceed the range of a handle.
    private const int MaxHeight = 9;

    private readonly AllocationGate _gate;
    private int _root = None;
    private int _height;

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
        int rank = Rank(leaf, key);
        return rank > 0 && leaf->Keys[rank - 1] == key ? leaf->Values[rank - 1] : None;
    }

    /// <summary>Handle of the VMA with the greatest start &lt;= <paramref name="va"/>, or -1.</summary>
    public int Floor(ulong va)
    {
        if (_height == 0)
            return None;
        long key = ToKey(va);
        Node* leaf = LeafOf(key);
        int rank = Rank(leaf, key);
        if (rank > 0)
            return leaf->Values[rank - 1];
        // The bound lags: everything below va is in the leaf before, which is never empty.
        if (leaf->Previous == None)
            return None;
        Node* previous = At(leaf->Previous);
        return previous->Values[previous->Count - 1];
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
        _root = None;
        _height = 0;
        Count = 0;
        ReleaseNodes();
    }

    /// <summary>Gives the node memory back. The index is empty afterwards.</summary>
    public void Dispose() => Clear();

    // SAFETY: only called with _height >= 1, so _root is a live node, and inner nodes hold ids of live nodes.
    private Node* LeafOf(long key)
    {
        Node* node = At(_root);
        for (int level = _height; level > 1; level--)
            node = At(node->Values[Rank(node, key) - 1]);
        return node;
    }

    // Signed vector compares exist everywhere, unsigned ones do not: keys are stored with the top bit flipped. The largest key
    // is kept out because it fills unused slots.
    private static long ToKey(ulong va) => Math.Min((long)(va ^ (1UL << 63)), Vacant - 1);

    private static ulong ToVa(long key) => (ulong)key ^ (1UL << 63);
}
