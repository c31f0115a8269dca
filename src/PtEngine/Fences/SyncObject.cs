using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// A syncobj of a client: empty, or one fence, or a timeline. A timeline is a chain of links, each a fence with a point; a point has signalled
/// when its own link and all older ones have (DRM-020 to DRM-027).
/// </summary>
/// <remarks>
/// <para>Links lie in one array, oldest first. The newest stays, whatever its state; older ones whose fence has signalled no longer matter and
/// are dropped, so the array is as long as there are pending links and nothing is allocated in a steady state.</para>
/// <para>Concurrency: any thread signals, resets, looks up and waits. All state is behind one gate; fences are only looked at inside it, never
/// hung on, and waiters are woken after it, so no foreign code runs within.</para>
/// </remarks>
internal sealed class SyncObject(FenceComposites composites)
{
    /// <summary>One link. A line is a run of links with rising points; line 0 is a plain fence without a point.</summary>
    private struct Link
    {
        public Fence Fence;
        public ulong Point;
        public ulong Previous;
        public int Line;
    }

    private const int NotFound = -1, Passed = -2, NoLine = -1;

    [ThreadStatic]
    private static FenceSet? s_pending;

    [ThreadStatic]
    private static Link[]? s_copy;

    private SpinGate _gate;
    private Link[] _links = new Link[1];
    private int _first;
    private int _end;
    private int _lines;

    /// <summary>Holds a fence, signalled or not.</summary>
    public bool HasFence => NewestLine() != NoLine;

    /// <summary>What it holds is a timeline point.</summary>
    public bool IsTimeline => NewestLine() > 0;

    /// <summary>Newest point, signalled or not; 0 unless it is a timeline.</summary>
    public ulong LastPoint => Query(submitted: true);

    /// <summary>The fence of everything it holds; the stub when it is empty.</summary>
    public Fence Fence => TryGetPoint(0, out Fence fence) ? fence : Fence.Signalled;

    /// <summary>Looks a point up (DRM-024, BIND-117, BIND-118, BIND-127).</summary>
    /// <param name="point">The point, or 0 for everything it holds.</param>
    /// <param name="fence">The fence that signals when the point and all before it have; the stub when the timeline has passed the point.</param>
    /// <returns>False when it holds no fence, is no timeline, or has no such point yet.</returns>
    public bool TryGetPoint(ulong point, out Fence fence)
    {
        FenceSet pending = s_pending ?? new FenceSet();
        s_pending = null;
        bool found = TryGetPoint(point, pending, out fence);
        if (found && pending.Count > 0)
            fence = composites.Of(pending);
        pending.Clear();
        s_pending = pending;
        return found;
    }

    /// <summary>As above, without making one fence of several: adds what is pending to a set.</summary>
    public bool TryGetPoint(ulong point, FenceSet pending) => TryGetPoint(point, pending, out _);

    /// <summary>Becomes one plain fence (DRM-020, DRM-021).</summary>
    public void Replace(Fence fence)
    {
        _gate.Enter();
        Empty();
        Append(new Link { Fence = fence });
        _gate.Exit();
    }

    /// <summary>Drops what it holds (DRM-022).</summary>
    public void Reset()
    {
        _gate.Enter();
        Empty();
        _gate.Exit();
    }

    /// <summary>Appends a point (DRM-023). A point that is not later than the newest one starts a new line and takes the newest one's number.</summary>
    public void AddPoint(ulong point, Fence fence)
    {
        _gate.Enter();
        Append(Next(point, fence));
        _gate.Exit();
    }

    /// <summary>Becomes what a point of another one is, chain and all (DRM-027).</summary>
    /// <returns>False when the other one has no such point yet; nothing changes then.</returns>
    public bool TryCopy(SyncObject source, ulong point)
    {
        int count = source.CopyTo(ref s_copy, point, out int lines);
        if (count < 0)
            return false;

        _gate.Enter();
        (_links, s_copy) = (s_copy!, _links);
        _first = 0;
        _end = count;
        _lines = lines;
        _gate.Exit();
        s_copy.AsSpan().Clear();
        return true;
    }

    /// <summary>The newest point up to which everything has signalled, or the newest point at all (DRM-026); 0 unless it is a timeline.</summary>
    public ulong Query(bool submitted)
    {
        _gate.Enter();
        ulong point = 0;
        if (_end != 0 && _links[_end - 1].Line != 0)
            point = submitted ? _links[_end - 1].Point : LastSignalled();
        _gate.Exit();
        return point;
    }

    private int NewestLine()
    {
        _gate.Enter();
        int line = _end == 0 ? NoLine : _links[_end - 1].Line;
        _gate.Exit();
        return line;
    }

    private bool TryGetPoint(ulong point, FenceSet pending, out Fence fence)
    {
        fence = Fence.Signalled;
        _gate.Enter();
        int at = Find(point);
        for (int i = _first; i <= at; i++)
            pending.AddNewest(_links[i].Fence);

        // Alone, the fence itself says more than the stub: its error.
        if (at >= 0 && pending.Count == 0)
            fence = _links[at].Fence;
        _gate.Exit();
        return at != NotFound;
    }

    /// <summary>The link that stands for a point.</summary>
    private int Find(ulong point)
    {
        int at = _end - 1;
        if (at < 0 || point == 0)
            return at < 0 ? NotFound : at;
        int line = _links[at].Line;
        if (line == 0 || _links[at].Point < point)
            return NotFound;

        while (_links[at].Line == line && _links[at].Previous >= point)
        {
            at = OlderPending(at);
            if (at < 0)
                return Passed;
        }

        return at;
    }

    private ulong LastSignalled()
    {
        int oldest = _end - 1;
        int line = _links[oldest].Line;
        int older = OlderPending(oldest);
        for (; older >= 0 && _links[older].Line == line; older = OlderPending(older))
            oldest = older;
        return older < 0 && _links[oldest].Fence.IsSignalled ? _links[oldest].Point : _links[oldest].Previous;
    }

    private int OlderPending(int at)
    {
        do
            at--;
        while (at >= _first && _links[at].Fence.IsSignalled);
        return at >= _first ? at : NotFound;
    }

    private Link Next(ulong point, Fence fence)
    {
        Link newest = _end == 0 ? default : _links[_end - 1];
        if (newest.Line != 0 && point > newest.Point)
            return new Link { Fence = fence, Point = point, Previous = newest.Point, Line = newest.Line };
        return new Link { Fence = fence, Point = Math.Max(point, newest.Point), Line = ++_lines };
    }

    private void Empty()
    {
        Array.Clear(_links, _first, _end - _first);
        _first = 0;
        _end = 0;
    }

    private void Append(in Link link)
    {
        while (_first < _end && _links[_first].Fence.IsSignalled)
            _links[_first++] = default;
        if (_end == _links.Length)
            Compact();
        _links[_end++] = link;
    }

    /// <summary>Moves pending links to the front and grows the array unless that made it half empty.</summary>
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

    private int CopyTo(ref Link[]? copy, ulong point, out int lines)
    {
        _gate.Enter();
        int at = Find(point), count = at < 0 ? 1 : at + 1 - _first;
        lines = _lines;
        if (at != NotFound)
        {
            if (copy is null || copy.Length < count)
                copy = new Link[Math.Max(count, 8)];
            copy[0] = default;
            if (at >= 0)
                _links.AsSpan(_first, count).CopyTo(copy);
        }

        _gate.Exit();
        return at == NotFound ? NotFound : count;
    }
}
