using System.Runtime.InteropServices;

namespace XePt.Gpuva;

// Node memory: slabs that never move, a free list through them, and a reserve of nodes that the gate has already granted.
internal sealed unsafe partial class VmaIndex
{
    private const int NodesPerSlab = 64;

    // The first node of a slab is not handed out: its Next links the slabs.
    private Node* _slabs;
    private Node* _free;
    private int _slabCount;
    private int _granted;

    /// <summary>Nodes in use by the tree.</summary>
    public int NodeCount { get; private set; }

    /// <summary>Bytes of node memory held, in use or free.</summary>
    public long AllocatedBytes => (long)_slabCount * NodesPerSlab * sizeof(Node);

    private int SpareNodes => (_slabCount * (NodesPerSlab - 1)) - NodeCount;

    /// <summary>Makes sure that the next <paramref name="inserts"/> calls of <see cref="TryInsert"/> cannot fail.</summary>
    /// <remarks>For unwinding: what is taken out now can then be put back. False = memory could not be had; nothing changed.</remarks>
    public bool TryReserve(int inserts)
    {
        // Each insert splits at most one node per level; together they can make the tree one level higher.
        long worst = (long)inserts * (_height + 2);
        return worst <= int.MaxValue && TryGrant((int)worst);
    }

    /// <summary>Gives up what <see cref="TryReserve"/> has reserved and is not used.</summary>
    public void ReleaseReserve() => _granted = 0;

    // Afterwards `nodes` calls of TakeNode succeed. The gate is asked once per node, whether recycled or new, so that injected
    // failures do not depend on history.
    private bool TryGrant(int nodes)
    {
        for (int i = _granted; i < nodes; i++)
        {
            if (!_gate.Allow())
                return false;
        }

        while (SpareNodes < nodes)
        {
            if (!TryAddSlab())
                return false;
        }

        _granted = Math.Max(_granted, nodes);
        return true;
    }

    private Node* TakeNode(bool isLeaf)
    {
        Node* node = _free;
        _free = node->Next;
        MakeEmpty(node, isLeaf);
        _granted--;
        NodeCount++;
        return node;
    }

    private void FreeNode(Node* node)
    {
        node->Next = _free;
        _free = node;
        NodeCount--;
        _recent = null;
    }

    private bool TryAddSlab()
    {
        Node* slab;
        try
        {
            slab = (Node*)NativeMemory.AlignedAlloc((nuint)(NodesPerSlab * sizeof(Node)), 64);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        for (int i = NodesPerSlab - 1; i > 0; i--)
        {
            slab[i].Next = _free;
            _free = &slab[i];
        }

        slab->Next = _slabs;
        _slabs = slab;
        _slabCount++;
        return true;
    }

    private void ReleaseNodes()
    {
        while (_slabs != null)
        {
            Node* slab = _slabs;
            _slabs = slab->Next;
            NativeMemory.AlignedFree(slab);
        }

        _free = null;
        _slabCount = 0;
        _granted = 0;
        NodeCount = 0;
    }
}
