namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    // Nodes other than the root and the last leaf have at least 11 children or 16 VMAs, so ten levels exceed the range of a handle.
    private const int MaxHeight = 10;

    /// <summary>One level of a descent: the node, and how many of its keys are &lt;= the key looked for.</summary>
    private struct Step
    {
        public Node* Node;
        public int Rank;
    }

    // path[0] is the leaf, path[_height - 1] the root.
    private void Descend(long key, Step* path)
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
