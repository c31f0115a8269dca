using System.Runtime.CompilerServices;

namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    /// <summary>One level of a descent: the node, and how many of its keys are &lt;= the key looked for.</summary>
    private struct Step
    {
        public Node* Node;
        public int Id;
        public int Rank;
    }

    /// <summary>Adds a VMA; if one starts at <paramref name="start"/> already, its handle is replaced.</summary>
    /// <returns>False when node memory could not be had; then nothing has changed. Replacing needs none.</returns>
    [SkipLocalsInit]
    public bool TryInsert(ulong start, int vma)
    {
        long key = ToKey(start);
        if (_height == 0)
            return TryInsertFirst(key, vma);

        // SAFETY: the tree is at most MaxHeight high, so the path fits.
        Step* path = stackalloc Step[MaxHeight];
        Descend(key, path);
        Node* leaf = path->Node;
        int rank = path->Rank;
        if (rank > 0 && leaf->Keys[rank - 1] == key)
        {
            leaf->Values[rank - 1] = vma;
            return true;
        }

        if (leaf->Count < Capacity)
            InsertAt(leaf, rank, key, vma);
        else if (TryGrant(NodesForSplit(path)))
            InsertSplitting(path, key, vma);
        else
            return false;
        Count++;
        return true;
    }

    /// <summary>Moves the entry at <paramref name="oldStart"/> to <paramref name="newStart"/> and gives it the handle <paramref name="vma"/>.</summary>
    /// <remarks>
    /// In place, and so without fail, when the entry keeps its order inside its node; otherwise an insert followed by a removal.
    /// </remarks>
    /// <returns>False when nothing starts at <paramref name="oldStart"/> or node memory could not be had; then nothing has changed.</returns>
    public bool TryReplace(ulong oldStart, ulong newStart, int vma)
    {
        if (_height == 0)
            return false;
        long oldKey = ToKey(oldStart);
        long newKey = ToKey(newStart);
        Node* leaf = LeafOf(oldKey);
        int slot = Rank(leaf, oldKey) - 1;
        if (slot < 0 || leaf->Keys[slot] != oldKey)
            return false;

        bool aboveLower = newKey >= oldKey || (slot > 0 && leaf->Keys[slot - 1] < newKey);
        bool belowUpper = newKey <= oldKey || (slot + 1 < leaf->Count && newKey < leaf->Keys[slot + 1]);
        if (aboveLower && belowUpper)
        {
            leaf->Keys[slot] = newKey;
            leaf->Values[slot] = vma;
            return true;
        }

        return TryInsert(newStart, vma) && Remove(oldStart);
    }

    private void Descend(long key, Step* path)
    {
        int id = _root;
        for (int level = _height - 1; ; level--)
        {
            Node* node = At(id);
            int rank = Rank(node, key);
            path[level] = new Step { Node = node, Id = id, Rank = rank };
            if (level == 0)
                return;
            id = node->Values[rank - 1];
        }
    }

    private bool TryInsertFirst(long key, int vma)
    {
        if (!TryGrant(1))
            return false;
        _root = TakeNode();
        _height = 1;
        InsertAt(At(_root), 0, key, vma);
        Count = 1;
        return true;
    }

    private int NodesForSplit(Step* path)
    {
        int full = 0;
        while (full < _height && path[full].Node->Count == Capacity)
            full++;
        return full == _height ? full + 1 : full;
    }

    private void InsertSplitting(Step* path, long key, int value)
    {
        for (int level = 0; level < _height; level++)
        {
            Node* node = path[level].Node;
            int rank = path[level].Rank;
            if (node->Count < Capacity)
            {
                InsertAt(node, rank, key, value);
                return;
            }

            int rightId = TakeNode();
            Node* right = At(rightId);
            // Address space is often filled upwards: then leave full leaves behind instead of half-empty ones.
            bool append = level == 0 && rank == Capacity && node->Next == None;
            int half = append ? Capacity : Capacity / 2;
            MoveTail(node, half, right);
            if (rank < half)
                InsertAt(node, rank, key, value);
            else
                InsertAt(right, rank - half, key, value);
            if (level == 0)
                LinkLeaf(path->Id, rightId);
            key = right->Keys[0];
            value = rightId;
        }

        GrowRoot(key, value);
    }

    private void LinkLeaf(int leftId, int rightId)
    {
        Node* left = At(leftId);
        Node* right = At(rightId);
        right->Previous = leftId;
        right->Next = left->Next;
        if (left->Next != None)
            At(left->Next)->Previous = rightId;
        left->Next = rightId;
    }

    private void GrowRoot(long bound, int right)
    {
        int id = TakeNode();
        Node* root = At(id);
        InsertAt(root, 0, long.MinValue, _root);
        InsertAt(root, 1, bound, right);
        _root = id;
        _height++;
    }
}
