using System.Runtime.CompilerServices;

namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    /// <summary>Takes out the VMA that starts at <paramref name="start"/>. Never allocates.</summary>
    /// <returns>False when there is none.</returns>
    public bool Remove(ulong start)
    {
        if (_height == 0)
            return false;
        long key = ToKey(start);
        Node* leaf = LeafOf(key);
        int slot = SlotOf(leaf, key);
        if (slot < 0)
            return false;

        RemoveAt(leaf, slot);
        Count--;
        if (leaf->Count < leaf->Minimum)
            Rebalance(key);
        return true;
    }

    // Joins or evens out the nodes on the way to `key` that have too few entries, from the leaf up.
    [SkipLocalsInit]
    private void Rebalance(long key)
    {
        // SAFETY: the tree is at most MaxHeight high, so the path fits.
        Step* path = stackalloc Step[MaxHeight];
        Descend(key, path);
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

        RemoveAt(parent, leftSlot + 1);
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
}
