using System.Runtime.CompilerServices;

namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    /// <summary>Takes out the VMA that starts at <paramref name="start"/>. Never allocates.</summary>
    /// <returns>False when there is none.</returns>
    [SkipLocalsInit]
    public bool Remove(ulong start)
    {
        if (_height == 0)
            return false;
        long key = ToKey(start);
        // SAFETY: the tree is at most MaxHeight high, so the path fits.
        Step* path = stackalloc Step[MaxHeight];
        Descend(key, path);
        Node* leaf = path->Node;
        int slot = path->Rank - 1;
        if (slot < 0 || leaf->Keys[slot] != key)
            return false;

        RemoveAt(leaf, slot);
        Count--;
        Rebalance(path);
        return true;
    }

    private void Rebalance(Step* path)
    {
        for (int level = 0; level < _height - 1; level++)
        {
            if (path[level].Node->Count >= MinCount)
                return;
            // An inner node has at least two children: non-root ones are kept at MinCount, a root with one is dropped below.
            Node* parent = path[level + 1].Node;
            int left = Math.Max(path[level + 1].Rank - 2, 0);
            if (!TryMerge(parent, left, isLeaf: level == 0))
            {
                EvenOut(parent, left);
                return;
            }
        }

        ShrinkRoot();
    }

    private bool TryMerge(Node* parent, int leftSlot, bool isLeaf)
    {
        int rightId = parent->Values[leftSlot + 1];
        Node* left = At(parent->Values[leftSlot]);
        Node* right = At(rightId);
        if (left->Count + right->Count > Capacity)
            return false;

        MoveHead(right, right->Count, left);
        if (isLeaf)
        {
            left->Next = right->Next;
            if (right->Next != None)
                At(right->Next)->Previous = parent->Values[leftSlot];
        }

        RemoveAt(parent, leftSlot + 1);
        FreeNode(rightId);
        return true;
    }

    private void EvenOut(Node* parent, int leftSlot)
    {
        Node* left = At(parent->Values[leftSlot]);
        Node* right = At(parent->Values[leftSlot + 1]);
        int half = (left->Count + right->Count) / 2;
        if (left->Count > half)
            MoveTail(left, half, right);
        else
            MoveHead(right, half - left->Count, left);
        parent->Keys[leftSlot + 1] = right->Keys[0];
    }

    private void ShrinkRoot()
    {
        Node* root = At(_root);
        int id = _root;
        if (_height > 1 && root->Count == 1)
            _root = root->Values[0];
        else if (root->Count == 0)
            _root = None;
        else
            return;
        FreeNode(id);
        _height--;
    }
}
