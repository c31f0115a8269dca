using System.Runtime.CompilerServices;

namespace XePt.Memory;

// Changes of the tree's shape: the first root, splits on the way up of an insert, joins on the way up of a removal. They end the finger.
internal sealed unsafe partial class VmaIndex
{
    // SAFETY, all: a path leads through live nodes, from the leaf at 0 up to the root at _height - 1.

    // Nodes other than the root and the last leaf have at least 11 children or 16 VMAs, so ten levels exceed the range of a handle.
    private const int MaxHeight = 10;

    /// <summary>One level of a descent: the node, and how many of its keys are &lt;= the key looked for.</summary>
    private struct Step
    {
        public Node* Node;
        public int Rank;
    }

    private bool TryMakeRoot()
    {
        if (!TryGrant(1))
            return false;
        _root = TakeNode(isLeaf: true);
        _height = 1;
        return true;
    }

    // The leaf of `key` is full. All nodes that the splits need are at hand before the first one is changed.
    [SkipLocalsInit]
    private bool TryInsertSplitting(long key, int vma)
    {
        // SAFETY: the tree is at most MaxHeight high, so the path fits.
        Step* path = stackalloc Step[MaxHeight];
        Trace(key, path);
        if (!TryGrant(NodesForSplit(path)))
            return false;

        _finger = default;
        Node* left = path->Node;
        Node* right = SplitLeaf(left, path->Rank, out int half);
        if (path->Rank < half)
            InsertVma(left, path->Rank, key, vma);
        else
            InsertVma(right, path->Rank - half, key, vma);
        AddToParents(path, right);
        return true;
    }

    private int NodesForSplit(Step* path)
    {
        int full = 0;
        while (full < _height && path[full].Node->Count == path[full].Node->Capacity)
            full++;
        return full == _height ? full + 1 : full;
    }

    private Node* SplitLeaf(Node* left, int rank, out int half)
    {
        // Address space is often filled upwards: then leave a full leaf behind instead of a half-empty one.
        bool append = left->Next == null && rank == LeafCapacity;
        half = append ? LeafCapacity : LeafCapacity / 2;
        Node* right = TakeNode(isLeaf: true);
        MoveTail(left, half, right);
        right->Previous = left;
        right->Next = left->Next;
        if (left->Next != null)
            left->Next->Previous = right;
        left->Next = right;
        return right;
    }

    private void AddToParents(Step* path, Node* added)
    {
        for (int level = 1; level < _height; level++)
        {
            Node* parent = path[level].Node;
            int rank = path[level].Rank;
            if (parent->Count < InnerCapacity)
            {
                InsertChild(parent, rank, added->Keys[0], added);
                return;
            }

            const int Half = InnerCapacity / 2;
            Node* right = TakeNode(isLeaf: false);
            MoveTail(parent, Half, right);
            if (rank < Half)
                InsertChild(parent, rank, added->Keys[0], added);
            else
                InsertChild(right, rank - Half, added->Keys[0], added);
            added = right;
        }

        GrowRoot(added);
    }

    private void GrowRoot(Node* right)
    {
        Node* root = TakeNode(isLeaf: false);
        InsertChild(root, 0, long.MinValue, _root);
        InsertChild(root, 1, right->Keys[0], right);
        _root = root;
        _height++;
    }

    // Joins or evens out the nodes on the way to `key` that have too few entries, from the leaf up.
    [SkipLocalsInit]
    private void Rebalance(long key)
    {
        _finger = default;
        // SAFETY: the tree is at most MaxHeight high, so the path fits.
        Step* path = stackalloc Step[MaxHeight];
        Trace(key, path);
        for (int level = 0; level < _height - 1; level++)
        {
            Node* node = path[level].Node;
            if (node->Count >= node->Minimum)
                return;
            // An inner node has at least two children: non-root ones are kept at the minimum, a root with one is dropped below.
            Node* parent = path[level + 1].Node;
            int left = Math.Max(path[level + 1].Rank - 2, 0);
            if (!TryMerge(parent, left))
            {
                EvenOut(parent, left);
                return;
            }
        }

        ShrinkRoot();
    }

    private bool TryMerge(Node* parent, int leftSlot)
    {
        Node* left = parent->Child(leftSlot);
        Node* right = parent->Child(leftSlot + 1);
        if (left->Count + right->Count > left->Capacity)
            return false;

        MoveHead(right, right->Count, left);
        if (left->IsLeaf)
        {
            left->Next = right->Next;
            if (right->Next != null)
                right->Next->Previous = left;
        }

        RemoveChild(parent, leftSlot + 1);
        FreeNode(right);
        return true;
    }

    private static void EvenOut(Node* parent, int leftSlot)
    {
        Node* left = parent->Child(leftSlot);
        Node* right = parent->Child(leftSlot + 1);
        int half = (left->Count + right->Count) / 2;
        if (left->Count > half)
            MoveTail(left, half, right);
        else
            MoveHead(right, half - left->Count, left);
        parent->Keys[leftSlot + 1] = right->Keys[0];
    }

    private void ShrinkRoot()
    {
        Node* old = _root;
        if (_height > 1 && old->Count == 1)
            _root = old->Child(0);
        else if (old->Count == 0)
            _root = null;
        else
            return;
        FreeNode(old);
        _height--;
    }

    // path[0] is the leaf, path[_height - 1] the root.
    private void Trace(long key, Step* path)
    {
        Node* node = _root;
        for (int level = _height - 1; level > 0; level--)
        {
            int rank = RankInInner(node, key);
            path[level] = new Step { Node = node, Rank = rank };
            node = node->Child(rank - 1);
        }

        path[0] = new Step { Node = node, Rank = RankInLeaf(node, key) };
    }
}
