namespace XePt.Fences;

/// <summary>
/// What a syncobj holds: nothing, one plain fence, or a timeline. A timeline is a chain of links, each a fence with a point; a point has
/// signalled when its own link and all older ones have (DRM-007 to DRM-011). Links lie in one array, oldest first. The newest stays,
/// whatever its state; older ones whose fence has signalled no longer matter and are dropped, so the array is as long as there are pending
/// links and nothing is allocated in a steady state. The owner orders all calls.
/// </summary>
internal struct SyncChain()
{
    /// <summary>One link. A line is a run of links with rising points; line 0 is a plain fence without a point.</summary>
    private struct Link
    {
        public Fence Fence;
        public ulong Point;
        public ulong Previous;
        public int Line;
    }

    /// <summary>Instead of a place: there is no such fence or point.</summary>
    public const int Missing = -1;

    /// <summary>Instead of a place: the timeline has passed the point.</summary>
    public const int Passed = -2;

    [ThreadStatic]
    private static Link[]? s_spare;

    private Link[] _links = new Link[1];
    private int _first;
    private int _end;
    private int _lines;

    public readonly bool IsEmpty => _end == 0;

    /// <summary>The newest link has a point.</summary>
    public readonly bool IsTimeline => _end != 0 && _links[_end - 1].Line != 0;

    /// <summary>Newest point, signalled or not; 0 unless it is a timeline.</summary>
    public readonly ulong LastPoint => _end == 0 ? 0 : _links[_end - 1].Point;

    /// <summary>Newest point up to which the newest line has signalled (DRM-011); 0 unless it is a timeline.</summary>
    public readonly ulong LastSignalled
    {
        get
        {
            if (!IsTimeline)
                return 0;

            int oldest = _end - 1, line = _links[oldest].Line, older = OlderPending(oldest);
            for (; older >= 0 && _links[older].Line == line; older = OlderPending(older))
                oldest = older;
            return older < 0 && _links[oldest].Fence.IsSignalled ? _links[oldest].Point : _links[oldest].Previous;
        }
    }

    /// <summary>The place of the link that stands for a point (DRM-008), or <see cref="Missing"/> or <see cref="Passed"/>.</summary>
    /// <param name="point">The point, or 0 for everything.</param>
    public readonly int Find(ulong point)
    {
        int at = _end - 1;
        if (at < 0 || point == 0)
            return at < 0 ? Missing : at;
        int line = _links[at].Line;
        if (line == 0 || _links[at].Point < point)
            return Missing;

        while (_links[at].Line == line && _links[at].Previous >= point)
        {
            at = OlderPending(at);
            if (at < 0)
                return Passed;
        }

        return at;
    }

    /// <summary>The fence of a link alone.</summary>
    public readonly Fence FenceAt(int at) => _links[at].Fence;

    /// <summary>Adds to a set what is pending of a link and all older ones; of a timeline of fences the newest point only.</summary>
    public readonly void Collect(int at, FenceSet pending)
    {
        for (int i = _first; i <= at; i++)
            pending.AddNewest(_links[i].Fence);
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        Array.Clear(_links, _first, _end - _first);
        _first = 0;
        _end = 0;
    }

    /// <summary>Becomes one plain fence.</summary>
    public void Replace(Fence fence)
    {
        Clear();
        Append(new Link { Fence = fence });
    }

    /// <summary>Adds a point; one that is not later than the newest point starts a new line and takes the newest point's number
    /// (DRM-007).</summary>
    public void Add(ulong point, Fence fence)
    {
        Link newest = _end == 0 ? default : _links[_end - 1];
        if (newest.Line != 0 && point > newest.Point)
            Append(new Link { Fence = fence, Point = point, Previous = newest.Point, Line = newest.Line });
        else
            Append(new Link { Fence = fence, Point = Math.Max(point, newest.Point), Line = ++_lines });
    }

    /// <summary>A chain that ends with a link of this one; with the stub where the point was passed. It borrows the thread's spare array
    /// until it is given to <see cref="Become"/>.</summary>
    public readonly SyncChain CopyUpTo(int at)
    {
        int count = at < 0 ? 1 : at + 1 - _first;
        Link[] links = s_spare is { } spare && spare.Length >= count ? spare : new Link[count];
        s_spare = null;
        if (at >= 0)
            _links.AsSpan(_first, count).CopyTo(links);
        return default(SyncChain) with { _links = links, _end = count, _lines = _lines };
    }

    /// <summary>Takes over a copy; the array it had becomes the thread's spare one.</summary>
    public void Become(in SyncChain copy)
    {
        Clear();
        s_spare = _links;
        this = copy;
    }

    private readonly int OlderPending(int at)
    {
        do
            at--;
        while (at >= _first && _links[at].Fence.IsSignalled);
        return at >= _first ? at : Missing;
    }

    private void Append(in Link link)
    {
        while (_first < _end && _links[_first].Fence.IsSignalled)
            _links[_first++] = default;
        if (_end == _links.Length)
            Compact();
        _links[_end++] = link;
    }

    /// <summary>Moves pending links to the front and grows the array unless that left it at most half full.</summary>
    private void Compact()
    {
        int kept = 0;
        for (int i = _first; i < _end; i++)
        {
            if (!_links[i].Fence.IsSignalled)
                _links[kept++] = _links[i];
        }

        Array.Clear(_links, kept, _end - kept);
        _first = 0;
        _end = kept;
        if (kept * 2 >= _links.Length)
            Array.Resize(ref _links, _links.Length * 2);
    }
}
