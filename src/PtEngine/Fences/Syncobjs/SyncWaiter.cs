namespace XePt.Fences;

/// <summary>
/// A wait's interest in one point of a syncobj. The fences of the point are taken when it is looked up, or when it arrives later; what
/// happens to the syncobj after that does not matter to the wait (DRM-015).
/// </summary>
/// <remarks>Concurrency: filled under the gate of the syncobj, by the waiter or by whoever brings the point; <see cref="IsThere"/>
/// publishes the fences to the waiter. From then on, and after <see cref="SyncObject.Forget"/>, the object is the waiter's alone.</remarks>
internal sealed class SyncWaiter
{
    private bool _isThere;

    public SyncObject? Object { get; private set; }

    public ulong Point { get; private set; }

    /// <summary>Pending fences of the point, once it is there.</summary>
    public FenceSet Pending { get; } = new();

    /// <summary>Neighbours in the syncobj's list; belong to it.</summary>
    public SyncWaiter? Next, Previous;

    /// <summary>It is in the syncobj's list; belongs to it.</summary>
    public bool IsListed;

    /// <summary>The point was there at some time since <see cref="Aim"/>.</summary>
    public bool IsThere => Volatile.Read(ref _isThere);

    public void Aim(SyncObject sync, ulong point)
    {
        (Object, Point, _isThere) = (sync, point, false);
        Pending.Clear();
    }

    public void Close()
    {
        Object?.Forget(this);
        Object = null;
        Pending.Clear();
    }

    public void Arrive() => Volatile.Write(ref _isThere, true);
}
