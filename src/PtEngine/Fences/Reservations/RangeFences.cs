namespace XePt.Fences;

/// <summary>
/// Which intervals of one tile's tables have writes in flight: a job waits for every earlier job whose interval meets its own, across
/// queues (BIND-247, PT-172). Single writer: the VM's writer side.
/// </summary>
/// <remarks>
/// A job that is added has collected what its interval meets and waits for it, so its fence signals after all of that and stands for it:
/// each address has one fence, that of the newest job over it. A bind behind <em>n</em> others of the same range therefore waits for one
/// fence and not for <em>n</em>, and each call takes steps in the order of log <em>n</em>, counting the removal of an interval with the
/// call that added it. Fences that have signalled are dropped when they are met, and a few nodes per call are looked at in turn, so that
/// those nobody meets again go, too.
/// </remarks>
internal sealed class RangeFences
{
    private const int LookedAtPerCall = 2;

    private readonly RangeTree _tree = new();
    private int _lookedAt;

    /// <summary>Intervals with a fence that was pending when last looked at.</summary>
    public int Count => _tree.Count;

    /// <summary>Longest way to an interval: what the steps of a call are bounded by.</summary>
    public int Height => _tree.Height;

    /// <summary>Adds to a set the pending fences of the intervals that meet <c>[start, last]</c>, both inclusive.</summary>
    public void Collect(ulong start, ulong last, FenceSet into)
    {
        if (_tree.Count == 0)
            return;

        DropSomeSignalled();
        for (int at = _tree.FirstFrom(start); at != RangeTree.None && _tree[at].Start <= last;)
        {
            RangeTree.Node node = _tree[at];
            if (node.Fence.IsSignalled)
                _tree.Remove(at);
            else
                into.AddNewest(node.Fence);
            at = node.Last < last ? _tree.FirstFrom(node.Last + 1) : RangeTree.None;
        }
    }

    /// <summary>Adds the interval <c>[start, last]</c> of a job that waits for everything that <see cref="Collect"/> found there.</summary>
    public void Add(ulong start, ulong last, Fence fence)
    {
        if (fence.IsSignalled)
            return;

        CutOut(start, last);
        _tree.Add(start, last, fence);
    }

    private void CutOut(ulong start, ulong last)
    {
        for (int at = _tree.FirstFrom(start); at != RangeTree.None && _tree[at].Start <= last; at = _tree.FirstFrom(start))
        {
            RangeTree.Node node = _tree[at];
            if (node.Start < start)
            {
                _tree[at].Last = start - 1;
                if (node.Last > last)
                    _tree.Add(last + 1, node.Last, node.Fence);
            }
            else if (node.Last > last)
            {
                _tree[at].Start = last + 1;
            }
            else
            {
                _tree.Remove(at);
            }
        }
    }

    private void DropSomeSignalled()
    {
        for (int i = 0; i < LookedAtPerCall; i++)
        {
            _lookedAt = _lookedAt + 1 < _tree.End ? _lookedAt + 1 : 1;
            if (_tree.IsLive(_lookedAt) && _tree[_lookedAt].Fence.IsSignalled)
                _tree.Remove(_lookedAt);
        }
    }
}
