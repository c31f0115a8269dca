using XePt.Memory;

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
    private const int None = IntervalTree<Fence>.None;
    private const int LookedAtPerCall = 2;

    private IntervalTree<Fence> _tree = new();
    private int _lookedAt;

    /// <summary>Adds to a set the pending fences of the intervals that meet <c>[start, last]</c>, both inclusive.</summary>
    public void Collect(ulong start, ulong last, FenceSet into)
    {
        if (_tree.Count == 0)
            return;

        DropSomeSignalled();
        for (int at = FirstMet(start, last); at != None;)
        {
            Fence fence = _tree[at];
            int met = at;
            at = _tree.LastOf(at) < last ? FirstMet(_tree.LastOf(at) + 1, last) : None;
            if (fence.IsSignalled)
                _tree.Remove(met);
            else
                into.AddNewest(fence);
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
        for (int at = FirstMet(start, last); at != None; at = FirstMet(start, last))
        {
            (ulong cutStart, ulong cutLast, Fence fence) = (_tree.StartOf(at), _tree.LastOf(at), _tree[at]);
            _tree.Remove(at);
            if (cutStart < start)
                _tree.Add(cutStart, start - 1, fence);
            if (cutLast > last)
                _tree.Add(last + 1, cutLast, fence);
        }
    }

    /// <summary>The lowest interval that meets <c>[start, last]</c>, or <see cref="None"/>. They are disjoint, so the next one is the
    /// lowest that meets the rest behind it.</summary>
    private int FirstMet(ulong start, ulong last)
    {
        int at = _tree.FirstFrom(start);
        return at != None && _tree.StartOf(at) <= last ? at : None;
    }

    private void DropSomeSignalled()
    {
        for (int i = 0; i < LookedAtPerCall; i++)
        {
            _lookedAt = _lookedAt + 1 < _tree.End ? _lookedAt + 1 : 1;
            if (_tree.IsLive(_lookedAt) && _tree[_lookedAt].IsSignalled)
                _tree.Remove(_lookedAt);
        }
    }
}
