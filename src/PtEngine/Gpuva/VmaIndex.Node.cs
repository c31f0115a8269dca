using System.Runtime.InteropServices;

namespace XePt.Gpuva;

// SAFETY of all methods here: nodes are live, and callers keep 0 <= position <= Count and every Count <= Capacity.
internal sealed unsafe partial class VmaIndex
{
    /// <summary>Entries per node. 40 keys of 8 bytes and 40 values of 4 bytes leave room for the header in 512 bytes.</summary>
    internal const int Capacity = 40;

    /// <summary>Key of an unused slot. It is greater than any address, so searches need not look at the count.</summary>
    internal const long Vacant = long.MaxValue;

    // Below this a node looks for a neighbour to join. Less than half, so that a fresh split does not merge at once.
    private const int MinCount = Capacity * 2 / 5;

    /// <summary>A leaf (values are VMA handles) or an inner node (values are node ids, keys lower bounds).</summary>
    /// <remarks>Eight cache lines: five of keys, two and a half of values, then the header.</remarks>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    internal struct Node
    {
        public fixed long Keys[Capacity];
        public fixed int Values[Capacity];
        public int Count;
        public int Previous;

        /// <summary>Next leaf; for a free node, the next free one.</summary>
        public int Next;
    }

    private static void MakeEmpty(Node* node)
    {
        new Span<long>(node->Keys, Capacity).Fill(Vacant);
        node->Count = 0;
        node->Previous = None;
        node->Next = None;
    }

    private static void InsertAt(Node* node, int position, long key, int value)
    {
        MoveEntries(node, position, node, position + 1, node->Count - position);
        node->Count++;
        node->Keys[position] = key;
        node->Values[position] = value;
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

    private static void Truncate(Node* node, int count)
    {
        new Span<long>(node->Keys + count, node->Count - count).Fill(Vacant);
        node->Count = count;
    }

    private static void MoveEntries(Node* source, int from, Node* target, int to, int entries)
    {
        new ReadOnlySpan<long>(source->Keys + from, entries).CopyTo(new Span<long>(target->Keys + to, entries));
        new ReadOnlySpan<int>(source->Values + from, entries).CopyTo(new Span<int>(target->Values + to, entries));
    }
}
