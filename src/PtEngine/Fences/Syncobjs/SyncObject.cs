using XePt.Memory;

namespace XePt.Fences;

/// <summary>A syncobj of a client: empty, one fence, or a timeline of points (docs/drm-core.md).</summary>
/// <remarks>Concurrency: any thread signals, resets, looks up and waits. All state is behind one gate; fences are only looked at inside it,
/// never hung on, and waiters are woken after it, so no foreign code runs within.</remarks>
internal sealed class SyncObject(FenceComposites composites)
{
    private SpinGate _gate;
    private SyncChain _chain = new();
    private SyncWaiter? _waiters;
    private Wakeups? _arrivals;

    /// <summary>Holds a fence, signalled or not.</summary>
    public bool HasFence
    {
        get
        {
            _gate.Enter();
            bool isEmpty = _chain.IsEmpty;
            _gate.Exit();
            return !isEmpty;
        }
    }

    /// <summary>What it holds is a timeline point.</summary>
    public bool IsTimeline
    {
        get
        {
            _gate.Enter();
            bool isTimeline = _chain.IsTimeline;
            _gate.Exit();
            return isTimeline;
        }
    }

    /// <summary>The fence of the next arrival; only for who has subscribed.</summary>
    public Fence NextArrival => _arrivals!.Next;

    /// <summary>Looks a point up (DRM-008, BIND-117, BIND-118, BIND-127).</summary>
    /// <param name="point">The point, or 0 for everything it holds.</param>
    /// <param name="fence">The fence that signals when the point and all before it have; the stub when the timeline has passed the
    /// point.</param>
    /// <returns>False when it holds no fence, is no timeline, or has no such point yet.</returns>
    public bool TryGetPoint(ulong point, out Fence fence) => TryGetPoint(point, out fence, out _);

    /// <summary>As above, and whether a link stands for the point: one does for every point above the newest link's previous one, whether
    /// it has signalled or not.</summary>
    /// <param name="point">As above.</param>
    /// <param name="fence">As above.</param>
    /// <param name="isHeld">False when the timeline has passed the point, which leaves no fence at all (BIND-127).</param>
    /// <returns>As above.</returns>
    public bool TryGetPoint(ulong point, out Fence fence, out bool isHeld)
    {
        using ScratchFences scratch = ScratchFences.Take();
        int at = Find(point, scratch.Set, out fence);
        if (scratch.Set.Count > 0)
            fence = composites.Of(scratch.Set);
        isHeld = at >= 0;
        return at != SyncChain.Missing;
    }

    /// <summary>Becomes one plain fence (DRM-004).</summary>
    public void Replace(Fence fence)
    {
        _gate.Enter();
        _chain.Replace(fence);
        Wakeups? arrivals = Offer();
        _gate.Exit();
        arrivals?.Notify();
    }

    /// <summary>Drops what it holds (DRM-005).</summary>
    public void Reset()
    {
        _gate.Enter();
        _chain.Clear();
        _gate.Exit();
    }

    /// <summary>Adds a point (DRM-007).</summary>
    public void AddPoint(ulong point, Fence fence)
    {
        _gate.Enter();
        _chain.Add(point, fence);
        Wakeups? arrivals = Offer();
        _gate.Exit();
        arrivals?.Notify();
    }

    /// <summary>Gets a fence: as its only one for point 0, else as a point.</summary>
    public void Put(ulong point, Fence fence)
    {
        if (point == 0)
            Replace(fence);
        else
            AddPoint(point, fence);
    }

    /// <summary>Gives another one what a point of this one holds (DRM-020 to DRM-022).</summary>
    /// <param name="point">The point, or 0 for everything.</param>
    /// <param name="destination">Who gets it.</param>
    /// <param name="destinationPoint">As which point; 0 to become it.</param>
    /// <returns>False when there is no such point; nothing changes then.</returns>
    public bool TryTransfer(ulong point, SyncObject destination, ulong destinationPoint)
    {
        if (destinationPoint == 0)
            return destination.TryCopy(this, point);
        if (!TryGetPoint(point, out Fence fence))
            return false;
        destination.AddPoint(destinationPoint, fence);
        return true;
    }

    /// <summary>Becomes what a point of another one is, chain and all (DRM-022).</summary>
    /// <returns>False when the other one has no such point; nothing changes then.</returns>
    private bool TryCopy(SyncObject source, ulong point)
    {
        source._gate.Enter();
        int at = source._chain.Find(point);
        SyncChain copy = at == SyncChain.Missing ? default : source._chain.CopyUpTo(at);
        source._gate.Exit();
        if (at == SyncChain.Missing)
            return false;

        _gate.Enter();
        _chain.Become(copy);
        Wakeups? arrivals = Offer();
        _gate.Exit();
        arrivals?.Notify();
        return true;
    }

    /// <summary>The newest point up to which everything has signalled, or the newest point at all (DRM-010); 0 unless it is a
    /// timeline.</summary>
    public ulong Query(bool submitted)
    {
        _gate.Enter();
        ulong point = submitted ? _chain.LastPoint : _chain.LastSignalled;
        _gate.Exit();
        return point;
    }

    /// <summary>Looks a waiter's point up; what is not there will be given to the waiter when it arrives, if it wants that.</summary>
    public void Subscribe(SyncWaiter waiter, bool untilItArrives)
    {
        _gate.Enter();
        if (!Give(waiter) && untilItArrives)
        {
            (waiter.Next, waiter.Previous, waiter.IsListed) = (_waiters, null, true);
            if (_waiters is not null)
                _waiters.Previous = waiter;
            _waiters = waiter;
            _arrivals ??= new Wakeups("syncobj");
        }

        _gate.Exit();
    }

    /// <summary>The waiter is not interested any more.</summary>
    public void Forget(SyncWaiter waiter)
    {
        _gate.Enter();
        if (waiter.IsListed)
            Unlist(waiter);
        _gate.Exit();
    }

    private int Find(ulong point, FenceSet pending, out Fence fence)
    {
        _gate.Enter();
        int at = _chain.Find(point);
        _chain.Collect(at, pending);

        // Where nothing is pending, the fence itself says more than the stub: its error.
        fence = at >= 0 && pending.Count == 0 ? _chain.FenceAt(at) : Fence.Signalled;
        _gate.Exit();
        return at;
    }

    /// <summary>Gives every listed waiter its point if that is there now; the wake-ups are to be sent after the gate.</summary>
    private Wakeups? Offer()
    {
        bool hasArrived = false;
        for (SyncWaiter? next = _waiters; next is not null;)
        {
            SyncWaiter waiter = next;
            next = waiter.Next;
            if (!Give(waiter))
                continue;
            Unlist(waiter);
            hasArrived = true;
        }

        return hasArrived ? _arrivals : null;
    }

    private bool Give(SyncWaiter waiter)
    {
        int at = _chain.Find(waiter.Point);
        if (at == SyncChain.Missing)
            return false;
        _chain.Collect(at, waiter.Pending);
        waiter.Arrive();
        return true;
    }

    private void Unlist(SyncWaiter waiter)
    {
        if (waiter.Previous is null)
            _waiters = waiter.Next;
        else
            waiter.Previous.Next = waiter.Next;
        if (waiter.Next is not null)
            waiter.Next.Previous = waiter.Previous;
        (waiter.Next, waiter.Previous, waiter.IsListed) = (null, null, false);
    }
}
