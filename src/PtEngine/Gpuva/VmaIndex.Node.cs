using System.Runtime.InteropServices;

namespace XePt.Gpuva;

// SAFETY of all methods here: nodes are live, and callers keep 0 <= position <= Count and every Count within the capacity.
internal sealed unsafe partial class VmaIndex
{
    /// <summary>VMAs in a full leaf.</summary>
    internal const int LeafCapacity = 40;

    /// <summary>Children of a full inner node.</summary>
    internal const int InnerCapacity = 28;

    /// <summary>Key of an unused slot. It is greater than any address, so searches need not look at the count.</summary>
    internal const long Vacant = long.MaxValue;

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
        public readonly int Minimum => Capacity * 2 / 5;

        public readonly Node* Child(int position) => (Node*)Children[position];
    }

    private static void MakeEmpty(Node* node, bool isLeaf)
    {
        new Span<long>(node->Keys, isLeaf ? LeafCapacity : InnerKeySlots).Fill(Vacant);
        node->Count = 0;
        node->IsLeaf = isLeaf;
        node->Previous = null;
        node->Next = null;
    }

    private static void InsertVma(Node* leaf, int position, long key, int vma)
    {
        MakeRoom(leaf, position);
        leaf->Keys[position] = key;
        leaf->Vmas[position] = vma;
    }

    private static void InsertChild(Node* inner, int position, long bound, Node* child)
    {
        MakeRoom(inner, position);
        inner->Keys[position] = bound;
        inner->Children[position] = (ulong)child;
    }

    private static void RemoveAt(Node* node, int position)
    {
        MoveEntries(node, position + 1, node, position, node->Count - position - 1);
        Truncate(node, node->Count - 1);
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

    private static void MakeRoom(Node* node, int position)
    {
        MoveEntries(node, position, node, position + 1, node->Count - position);
        node->Count++;
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
}
