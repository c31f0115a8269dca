namespace XePt.Fences;

/// <summary>
/// Which intervals of one tile's tables have writes in flight: a job waits for every earlier job whose interval meets its own, across queues
/// (BIND-247, PT-172). Only pending fences are kept. Single writer: the VM's writer side.
/// </summary>
internal sealed class RangeFences
{
    private struct Entry
    {
        public ulong Start;
        public ulong Last;
        public Fence Fence;
    }

    private Entry[] _entries = [];
    private int _count;

    /// <summary>Intervals with a fence that was pending when last looked at.</summary>
    public int Count => _count;

    /// <summary>Adds the interval <c>[start, last]</c>, both inclusive.</summary>
    public void Add(ulong start, ulong last, Fence fence)
    {
        if (fence.IsSignalled)
            return;
        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(16, _count * 2));
        _entries[_count++] = new Entry { Start = start, Last = last, Fence = fence };
    }

    /// <summary>Adds to a set the pending fences of the intervals that meet <c>[start, last]</c>, and forgets signalled ones.</summary>
    public void Collect(ulong start, ulong last, FenceSet into)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Fence.IsSignalled)
                continue;
            if (entry.Start <= last && start <= entry.Last)
                into.Add(entry.Fence);
            _entries[kept++] = entry;
        }

        _count = kept;
    }
}
