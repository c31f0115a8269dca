using System.Runtime.CompilerServices;

namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    /// <summary>Adds a VMA; if one starts at <paramref name="start"/> already, its handle is replaced.</summary>
    /// <returns>False when node memory could not be had; then nothing has changed. Replacing needs none.</returns>
    public bool TryInsert(ulong start, int vma)
    {
        if (_height == 0 && !TryMakeRoot())
            return false;
        long key = ToKey(start);
        Node* leaf = LeafOf(key);
        int rank = RankInLeaf(leaf, key);
        if (rank > 0 && leaf->Keys[rank - 1] == key)
        {
            leaf->Vmas[rank - 1] = vma;
            return true;
        }

        if (leaf->Count < LeafCapacity)
            InsertVma(leaf, rank, key, vma);
        else if (!TryInsertSplitting(key, vma))
            return false;
        Count++;
        return true;
    }

    /// <summary>
    /// Moves the entry at <paramref name="oldStart"/> to <paramref name="newStart"/> and gives it the handle <paramref name="vma"/>.
    /// </summary>
    /// <remarks>
    /// In place, and so without fail, when the entry keeps its order inside its node; otherwise an insert followed by a removal.
    /// </remarks>
    /// <returns>
    /// False when nothing starts at <paramref name="oldStart"/> or node memory could not be had; then nothing has changed.
    /// </returns>
    public bool TryReplace(ulong oldStart, ulong newStart, int vma)
    {
        if (_height == 0)
            return false;
        long oldKey = ToKey(oldStart);
        long newKey = ToKey(newStart);
        Node* leaf = LeafOf(oldKey);
        int slot = SlotOf(leaf, oldKey);
        if (slot < 0)
            return false;

        bool aboveLower = newKey >= oldKey || (slot > 0 && leaf->Keys[slot - 1] < newKey);
        bool belowUpper = newKey <= oldKey || (slot + 1 < leaf->Count && newKey < leaf->Keys[slot + 1]);
        if (aboveLower && belowUpper)
        {
            leaf->Keys[slot] = newKey;
            leaf->Vmas[slot] = vma;
            return true;
        }

        return TryInsert(newStart, vma) && Remove(oldStart);
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
        Descend(key, path);
        if (!TryGrant(NodesForSplit(path)))
            return false;

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
}
