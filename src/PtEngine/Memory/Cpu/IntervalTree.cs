namespace XePt.Memory;

/// <summary>
/// Intervals <c>[start, end)</c> that may overlap, each known by a number of the owner's, and the look-up of those that overlap another
/// one. A treap: the shape depends on the numbers only, so equal histories give equal trees.
/// </summary>
/// <remarks>Concurrency: none; the owner has a gate. A removal needs no memory, and neither does an addition of a number not above the
/// highest so far.</remarks>
internal sealed class IntervalTree
{
    private struct Node
    {
        public ulong Start, End;

        /// <summary>Highest end in the subtree.</summary>
        public ulong Reach;

        public int Left, Right;

        /// <summary>Parents have higher ones.</summary>
        public uint Priority;
    }

    private Node[] _nodes = new Node[16];
    private int _root;

    /// <summary>Adds an interval that is not empty.</summary>
    /// <param name="number">Its number, at least 1 and not in the tree.</param>
    /// <param name="start">First address.</param>
    /// <param name="end">End, exclusive.</param>
    public void Add(int number, ulong start, ulong end)
    {
        if (number >= _nodes.Length)
            Array.Resize(ref _nodes, Math.Max(number + 1, _nodes.Length * 2));
        _nodes[number] = new Node { Start = start, End = end, Reach = end, Priority = Scramble((uint)number) };
        Insert(ref _root, number);
    }

    /// <summary>Removes an interval that is in the tree.</summary>
    public void Remove(int number) => Remove(ref _root, number);

    /// <summary>Adds to a list the numbers of the intervals that overlap <c>[start, end)</c>, by their starts.</summary>
    public void Collect(ulong start, ulong end, List<int> into) => Collect(_root, start, end, into);

    private void Collect(int tree, ulong start, ulong end, List<int> into)
    {
        while (tree != 0 && _nodes[tree].Reach > start)
        {
            Collect(_nodes[tree].Left, start, end, into);
            if (_nodes[tree].Start >= end)
                return;
            if (_nodes[tree].End > start)
                into.Add(tree);
            tree = _nodes[tree].Right;
        }
    }

    private void Insert(ref int tree, int number)
    {
        if (tree == 0 || _nodes[tree].Priority < _nodes[number].Priority)
        {
            Split(tree, number, out _nodes[number].Left, out _nodes[number].Right);
            tree = number;
        }
        else if (IsBefore(number, tree))
        {
            Insert(ref _nodes[tree].Left, number);
        }
        else
        {
            Insert(ref _nodes[tree].Right, number);
        }

        Update(tree);
    }

    private void Remove(ref int tree, int number)
    {
        if (tree == number)
        {
            tree = Join(_nodes[tree].Left, _nodes[tree].Right);
            return;
        }

        if (IsBefore(number, tree))
            Remove(ref _nodes[tree].Left, number);
        else
            Remove(ref _nodes[tree].Right, number);
        Update(tree);
    }

    /// <summary>Cuts a tree into what is before and what is behind a node that is not in it.</summary>
    private void Split(int tree, int at, out int before, out int behind)
    {
        if (tree == 0)
        {
            before = behind = 0;
            return;
        }

        if (IsBefore(at, tree))
        {
            Split(_nodes[tree].Left, at, out before, out _nodes[tree].Left);
            behind = tree;
        }
        else
        {
            Split(_nodes[tree].Right, at, out _nodes[tree].Right, out behind);
            before = tree;
        }

        Update(tree);
    }

    private int Join(int before, int behind)
    {
        if (before == 0 || behind == 0)
            return before | behind;

        int tree = _nodes[before].Priority > _nodes[behind].Priority ? before : behind;
        if (tree == before)
            _nodes[tree].Right = Join(_nodes[tree].Right, behind);
        else
            _nodes[tree].Left = Join(before, _nodes[tree].Left);
        Update(tree);
        return tree;
    }

    private void Update(int tree)
    {
        ref Node node = ref _nodes[tree];
        ulong reach = node.End;
        if (node.Left != 0)
            reach = Math.Max(reach, _nodes[node.Left].Reach);
        if (node.Right != 0)
            reach = Math.Max(reach, _nodes[node.Right].Reach);
        node.Reach = reach;
    }

    private bool IsBefore(int a, int b) => _nodes[a].Start < _nodes[b].Start || (_nodes[a].Start == _nodes[b].Start && a < b);

    /// <summary>Distinct for distinct numbers, and in no order.</summary>
    private static uint Scramble(uint number)
    {
        number = (number ^ (number >> 16)) * 0x7feb352d;
        number = (number ^ (number >> 15)) * 0x846ca68b;
        return number ^ (number >> 16);
    }
}
