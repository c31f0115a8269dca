using XePt.Fences;

namespace XePt.Commit;

/// <summary>
/// A bind queue: jobs of one queue run in the order of submission, jobs of different queues as their fences allow (BIND-240). On a device
/// of several tiles it is one lane per tile. Written by the VM's writer side; the lanes' timelines are signalled from any thread.
/// </summary>
internal sealed class BindQueue
{
    public BindQueue(int tiles, int gtsPerTile, string name)
    {
        Lanes = new Lane[tiles];
        for (int tile = 0; tile < tiles; tile++)
            Lanes[tile] = new Lane(this, gtsPerTile, name);
        UserFences = new FenceTimeline(UserFencesOf(name));
    }

    public Lane[] Lanes { get; }

    /// <summary>User fences of the queue are written in order (BIND-250).</summary>
    public FenceTimeline UserFences { get; }

    /// <summary>Gives the lines of an exec queue its id, before anybody else knows the queue.</summary>
    public void NameAfter(uint id, string name)
    {
        foreach (Lane lane in Lanes)
            lane.NameAfter(id, name);
        UserFences.NameAfter(id, UserFencesOf(name));
    }

    /// <summary>Sync entries parsed on this queue so far (BIND-128).</summary>
    public ulong UserFenceCounter { get; set; }

    /// <summary>A flush of the queue has had to be waited for.</summary>
    public bool HasFlushed { get; private set; }

    /// <summary>Adds the last TLB flushes of all lanes to a set (BIND-239).</summary>
    public void CollectFlushes(FenceSet into)
    {
        foreach (Lane lane in Lanes)
            lane.CollectFlushes(into);
    }

    /// <summary>Every fence that an empty bind on this queue would wait for (BIND-211).</summary>
    public void CollectLast(FenceSet into)
    {
        foreach (Lane lane in Lanes)
        {
            into.Add(lane.LastWrite);
            lane.CollectFlushes(into);
        }
    }

    private static string UserFencesOf(string name) => name + " user fences";

    /// <summary>The part of a bind queue that serves one tile.</summary>
    internal sealed class Lane
    {
        private readonly FenceTimeline[] _flushes;
        private readonly Fence[] _lastFlushes;
        private readonly BindQueue _queue;

        public Lane(BindQueue queue, int gts, string name)
        {
            _queue = queue;
            Writes = new FenceTimeline(name);
            _flushes = new FenceTimeline[gts];
            _lastFlushes = new Fence[gts];
            for (int gt = 0; gt < gts; gt++)
                _flushes[gt] = new FenceTimeline(FlushesOf(name, gt));
        }

        /// <summary>Table writes of the lane.</summary>
        public FenceTimeline Writes { get; }

        /// <summary>GTs whose TLBs a flush of this tile covers: primary, and media where there is one.</summary>
        public int GtCount => _flushes.Length;

        /// <summary>Newest table write (BIND-241); signalled ones count as the stub (PT-175).</summary>
        public Fence LastWrite { get; set; }

        /// <summary>A new pending flush of a GT, which becomes the lane's last one.</summary>
        public Fence NextFlush(int gt)
        {
            _queue.HasFlushed = true;
            return _lastFlushes[gt] = _flushes[gt].NextOfOne();
        }

        /// <summary>Adds the newest flush of each GT to a set. One that had not to be waited for has none.</summary>
        public void CollectFlushes(FenceSet into)
        {
            foreach (Fence fence in _lastFlushes)
                into.Add(fence);
        }

        public void NameAfter(uint id, string name)
        {
            Writes.NameAfter(id, name);
            for (int gt = 0; gt < _flushes.Length; gt++)
                _flushes[gt].NameAfter(id, FlushesOf(name, gt));
        }

        private static string FlushesOf(string name, int gt) => name + (gt == 0 ? " TLB flush" : " media TLB flush");
    }
}
