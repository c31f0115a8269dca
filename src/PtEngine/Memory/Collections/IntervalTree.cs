namespace XePt.Memory;

/// <summary>
/// Intervals <c>[start, last]</c>, both inclusive, that may overlap, each with a value, and the look-up of those that meet another one. The
/// tree gives each interval a number; they are in order by their starts, equal ones by their numbers. Adding, removing and finding one
/// takes a number of steps that grows with the logarithm of their count.
/// </summary>
/// <remarks>
/// A treap: a search tree that is a heap by priorities, drawn anew for each interval from a sequence that is the same in every run. The
/// intervals lie in one array that only grows, so nothing is allocated in a steady state or by a removal, and a number that was freed last
/// is given first. It is a value, so that an owner asks one word of its own whether there is anything; it must not be copied.
/// Concurrency: none; the owner has a gate or is the only one.
/// </remarks>
internal struct IntervalTree<T>()
{
    private struct Node
    {
        public ulong Start, Last;

        /// <summary>Highest last address in the subtree.</summary>
        public ulong Reach;

        public int Left, Right;

        /// <summary>Not below those of the children; 0 marks a free node, whose <see cref="Right"/> leads to the next free one.</summary>
        public uint Priority;

        public T Value;
    }

    /// <summary>Instead of a number: there is none.</summary>
    public const int None = 0;

    private Node[] _nodes = [];
    private int _root;
    private int _free;
    private uint _random = 0x9e37_79b9;

    /// <summary>Intervals in the tree.</summary>
    public int Count { get; private set; }

    /// <summary>All numbers are below this, those that were given back included.</summary>
    public int End { get; private set; } = 1;

    /// <summary>The value of an interval; the default one for a number that was given back.</summary>
    public readonly ref T this[int number] => ref _nodes[number].Value;

    /// <summary>True for a number that is in the tree.</summary>
    public readonly bool IsLive(int number) => _nodes[number].Priority != 0;

    /// <summary>First address of an interval.</summary>
    public readonly ulong StartOf(int number) => _nodes[number].Start;

    /// <summary>Last address of an interval.</summary>
    public readonly ulong LastOf(int number) => _nodes[number].Last;

    /// <summary>Adds an interval.</summary>
    /// <returns>Its number, at least 1.</returns>
    public int Add(ulong start, ulong last, T value)
    {
        int number = Take();
        _nodes[number] = new Node { Start = start, Last = last, Reach = last, Priority = Draw(), Value = value };
        Insert(ref _root, number);
        Count++;
        return number;
    }

    /// <summary>Removes an interval that is in the tree.</summary>
    public void Remove(int number)
    {
        Remove(ref _root, number);
        _nodes[number] = new Node { Right = _free };
        _free = number;
        Count--;
    }

    /// <summary>The first interval, in their order, that ends at or above an address, or <see cref="None"/>. If it starts at or below
    /// <c>last</c> it meets <c>[address, last]</c>, and otherwise nothing does.</summary>
    public readonly int FirstFrom(ulong address) => Reaches(_root, address) ? First(_root, address) : None;

    /// <summary>The first one behind an interval that ends at or above an address, or <see cref="None"/>.</summary>
    public readonly int NextFrom(int number, ulong address)
    {
        // On the way down to it: the nearest that is behind it and has, itself or to its right, one that ends there.
        int above = None;
        for (int at = _root; at != number;)
        {
            ref Node node = ref _nodes[at];
            if (!IsBefore(number, at))
            {
                at = node.Right;
                continue;
            }

            if (node.Last >= address || Reaches(node.Right, address))
                above = at;
            at = node.Left;
        }

        int right = _nodes[number].Right;
        if (Reaches(right, address))
            return First(right, address);
        if (above == None || _nodes[above].Last >= address)
            return above;
        return First(_nodes[above].Right, address);
    }

    /// <summary>The first in a subtree that has one.</summary>
    private readonly int First(int tree, ulong address)
    {
        while (true)
        {
            ref Node node = ref _nodes[tree];
            if (Reaches(node.Left, address))
                tree = node.Left;
            else if (node.Last >= address)
                return tree;
            else
                tree = node.Right;
        }
    }

    private readonly bool Reaches(int tree, ulong address) => tree != None && _nodes[tree].Reach >= address;

    private readonly void Insert(ref int tree, int number)
    {
        ref Node node = ref _nodes[number];
        if (tree == None || _nodes[tree].Priority < node.Priority)
        {
            Split(tree, number, out node.Left, out node.Right);
            tree = number;
        }
        else
        {
            Insert(ref ChildTowards(tree, number), number);
        }

        Update(tree);
    }

    private readonly void Remove(ref int tree, int number)
    {
        if (tree == number)
        {
            tree = Join(_nodes[tree].Left, _nodes[tree].Right);
            return;
        }

        Remove(ref ChildTowards(tree, number), number);
        Update(tree);
    }

    /// <summary>Cuts a subtree into what is before and what is behind an interval that is not in it.</summary>
    private readonly void Split(int tree, int at, out int before, out int behind)
    {
        if (tree == None)
        {
            before = behind = None;
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

    /// <summary>Makes one subtree of two, the first all before the second.</summary>
    private readonly int Join(int before, int behind)
    {
        if (before == None || behind == None)
            return before | behind;

        int tree = _nodes[before].Priority >= _nodes[behind].Priority ? before : behind;
        if (tree == before)
            _nodes[tree].Right = Join(_nodes[tree].Right, behind);
        else
            _nodes[tree].Left = Join(before, _nodes[tree].Left);
        Update(tree);
        return tree;
    }

    private readonly ref int ChildTowards(int tree, int number) =>
        ref IsBefore(number, tree) ? ref _nodes[tree].Left : ref _nodes[tree].Right;

    private readonly void Update(int tree)
    {
        ref Node node = ref _nodes[tree];
        ulong reach = node.Last;
        if (node.Left != None)
            reach = Math.Max(reach, _nodes[node.Left].Reach);
        if (node.Right != None)
            reach = Math.Max(reach, _nodes[node.Right].Reach);
        node.Reach = reach;
    }

    private readonly bool IsBefore(int a, int b) =>
        _nodes[a].Start < _nodes[b].Start || (_nodes[a].Start == _nodes[b].Start && a < b);

    private int Take()
    {
        int taken = _free;
        if (taken != None)
        {
            _free = _nodes[taken].Right;
            return taken;
        }

        if (End >= _nodes.Length)
            Array.Resize(ref _nodes, Math.Max(16, _nodes.Length * 2));
        return End++;
    }

    /// <summary>The next number of a sequence that is never 0 (xorshift).</summary>
    private uint Draw()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }
}
