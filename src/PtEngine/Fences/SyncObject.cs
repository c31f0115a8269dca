namespace XePt.Fences;

/// <summary>A syncobj of a client: one fence, or a timeline of points with a fence each.</summary>
internal sealed class SyncObject
{
    private readonly List<(ulong Point, Fence Fence)> _points = [];

    /// <summary>Holds a fence, or has at least one timeline point.</summary>
    public bool HasFence { get; private set; }

    /// <summary>It has timeline points.</summary>
    public bool IsTimeline { get; private set; }

    /// <summary>Newest timeline point.</summary>
    public ulong LastPoint { get; private set; }

    /// <summary>The fence it holds; of a timeline that of the newest point.</summary>
    public Fence Fence { get; private set; }

    /// <summary>Holds another fence from now on.</summary>
    public void Replace(Fence fence)
    {
        _points.Clear();
        (HasFence, IsTimeline, LastPoint, Fence) = (true, false, 0, fence);
    }

    /// <summary>Adds a point to the timeline.</summary>
    public void AddPoint(ulong point, Fence fence)
    {
        _points.RemoveAll(entry => entry.Fence.IsSignalled);
        _points.Add((point, fence));
        (HasFence, IsTimeline, LastPoint, Fence) = (true, true, Math.Max(LastPoint, point), fence);
    }

    /// <summary>The fence to wait for so that a point is reached: the stub when it is reached already.</summary>
    /// <returns>False when the timeline has no such point yet.</returns>
    public bool TryGetPoint(ulong point, out Fence fence)
    {
        fence = default;
        if (!IsTimeline || point > LastPoint)
            return false;
        foreach ((ulong Point, Fence Fence) entry in _points)
        {
            if (entry.Point <= point && !entry.Fence.IsSignalled)
                fence = entry.Fence;
        }

        return true;
    }
}
