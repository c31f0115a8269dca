using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Gpuva;

// Node memory: slabs that never move, a free list through them, and a reserve of nodes that the gate has already granted.
internal sealed unsafe partial class VmaIndex
{
    private const int None = -1;
    private const int SlabShift = 6;
    private const int NodesPerSlab = 1 << SlabShift;

    private Node** _slabs;
    private int _slabCount;
    private int _slabCapacity;
    private int _free = None;
    private int _granted;

    /// <summary>Nodes in use by the tree.</summary>
    public int NodeCount { get; private set; }

    /// <summary>Bytes of node memory held, in use or free.</summary>
    public long AllocatedBytes => (long)_slabCount * NodesPerSlab * sizeof(Node);

    private int SpareNodes => (_slabCount << SlabShift) - NodeCount;

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

    private int TakeNode()
    {
        int id = _free;
        Node* node = At(id);
        _free = node->Next;
        MakeEmpty(node);
        _granted--;
        NodeCount++;
        return id;
    }

    private void FreeNode(int id)
    {
        At(id)->Next = _free;
        _free = id;
        NodeCount--;
    }

    private bool TryAddSlab()
    {
        Node* slab;
        try
        {
            if (_slabCount == _slabCapacity)
            {
                int capacity = Math.Max(16, _slabCapacity * 2);
                _slabs = (Node**)NativeMemory.Realloc(_slabs, (nuint)capacity * (nuint)sizeof(Node*));
                _slabCapacity = capacity;
            }

            slab = (Node*)NativeMemory.AlignedAlloc((nuint)(NodesPerSlab * sizeof(Node)), 64);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        // The list hands out the slab from its start. It is threaded before the slab is booked, hence no use of At here.
        int first = _slabCount << SlabShift;
        for (int i = NodesPerSlab - 1; i >= 0; i--)
        {
            slab[i].Next = _free;
            _free = first + i;
        }

        _slabs[_slabCount++] = slab;
        return true;
    }

    private void ReleaseNodes()
    {
        for (int i = 0; i < _slabCount; i++)
            NativeMemory.AlignedFree(_slabs[i]);
        NativeMemory.Free(_slabs);
        _slabs = null;
        _slabCount = 0;
        _slabCapacity = 0;
        _free = None;
        _granted = 0;
        NodeCount = 0;
    }

    // SAFETY: ids come from the free list or a live node, so the slab exists; slabs live until ReleaseNodes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Node* At(int id) => _slabs[id >> SlabShift] + (id & (NodesPerSlab - 1));
}
