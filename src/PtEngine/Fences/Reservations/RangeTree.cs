namespace XePt.Fences;

/// <summary>
/// Disjoint intervals in ascending order, each with a fence. Finding, adding and removing one takes a number of steps that grows with the
/// logarithm of their count: a treap, which is a search tree by start and a heap by priorities that are drawn anew for each node. The nodes
/// lie in one array that only grows, so nothing is allocated in a steady state. Single writer.
/// </summary>
internal sealed class RangeTree
{
    /// <summary>One interval, both ends inclusive. Whoever changes them in place keeps the intervals disjoint and so their order.</summary>
    public struct Node
    {
        public ulong Start;
        public ulong Last;
        public Fence Fence;
        internal int Left, Right;

        /// <summary>Not below those of the children; 0 marks a free node, whose <see cref="Right"/> leads to the next free one.</summary>
        internal uint Priority;
    }

    /// <summary>Instead of a node: there is none.</summary>
    public const int None = 0;

    private Node[] _nodes = new Node[1];
    private int _root;
    private int _free;
    private int _used = 1;
    private uint _random = 0x9e37_79b9;

    /// <summary>Intervals in the tree.</summary>
    public int Count { get; private set; }

    /// <summary>Nodes that are or were in the tree, from 1 to below this.</summary>
    public int End => _used;

    /// <summary>Nodes on the longest way down.</summary>
    public int Height => HeightOf(_root);

    public ref Node this[int node] => ref _nodes[node];

    /// <summary>True for a node that is in the tree.</summary>
    public bool IsLive(int node) => _nodes[node].Priority != 0;

    /// <summary>The lowest interval that ends at or above an address, or <see cref="None"/>.</summary>
    public int FirstFrom(ulong address)
    {
        int found = None;
        for (int at = _root; at != None;)
        {
            ref Node node = ref _nodes[at];
            if (node.Last >= address)
                (found, at) = (at, node.Left);
            else
                at = node.Right;
        }

        return found;
    }

    /// <summary>Adds an interval that meets none of those in the tree.</summary>
    public void Add(ulong start, ulong last, Fence fence)
    {
        int added = Take();
        ref Node node = ref _nodes[added];
        (node.Start, node.Last, node.Fence, node.Priority) = (start, last, fence, Draw());

        ref int place = ref _root;
        while (place != None && _nodes[place].Priority >= node.Priority)
            place = ref start < _nodes[place].Start ? ref _nodes[place].Left : ref _nodes[place].Right;
        int rest = place;
        place = added;
        Split(rest, start, ref node.Left, ref node.Right);
        Count++;
    }

    /// <summary>Takes a node out.</summary>
    public void Remove(int removed)
    {
        ref Node node = ref _nodes[removed];
        ref int place = ref _root;
        while (place != removed)
            place = ref node.Start < _nodes[place].Start ? ref _nodes[place].Left : ref _nodes[place].Right;
        Join(ref place, node.Left, node.Right);
        node = new Node { Right = _free };
        _free = removed;
        Count--;
    }

    /// <summary>Gives the nodes of a subtree that start below an address to one place, the others to another.</summary>
    private void Split(int from, ulong start, ref int below, ref int above)
    {
        while (from != None)
        {
            ref Node node = ref _nodes[from];
            if (node.Start < start)
            {
                below = from;
                below = ref node.Right;
                from = node.Right;
            }
            else
            {
                above = from;
                above = ref node.Left;
                from = node.Left;
            }
        }

        below = None;
        above = None;
    }

    /// <summary>Puts two subtrees, the first all below the second, into one place.</summary>
    private void Join(ref int place, int below, int above)
    {
        while (below != None && above != None)
        {
            if (_nodes[below].Priority >= _nodes[above].Priority)
            {
                place = below;
                place = ref _nodes[below].Right;
                below = place;
            }
            else
            {
                place = above;
                place = ref _nodes[above].Left;
                above = place;
            }
        }

        place = below != None ? below : above;
    }

    private int Take()
    {
        int taken = _free;
        if (taken != None)
        {
            _free = _nodes[taken].Right;
            return taken;
        }

        if (_used == _nodes.Length)
            Array.Resize(ref _nodes, Math.Max(16, _used * 2));
        return _used++;
    }

    /// <summary>The next number of a sequence that is the same in every run and never 0 (xorshift).</summary>
    private uint Draw()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }

    private int HeightOf(int node) => node == None ? 0 : 1 + Math.Max(HeightOf(_nodes[node].Left), HeightOf(_nodes[node].Right));
}
