using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// The fences that say who still uses a VM or an external BO, each with a usage (BIND-242 to BIND-246, PT-173). A newer point of the same
/// timeline replaces an older one of the same usage, and signalled fences are dropped, so the list stays as long as there are timelines in
/// flight.
/// </summary>
/// <remarks>Concurrency: VMs on different threads meet in the reservation of a shared external BO, so every call takes the gate, for the
/// few loads and stores it needs.</remarks>
internal sealed class Reservation
{
    private struct Entry
    {
        public Fence Fence;
        public FenceUsage Usage;
    }

    private SpinGate _gate;
    private Entry[] _entries = [];
    private int _count;

    /// <summary>True when no fence is left; a quick look without the gate, for the common case.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Adds a fence; a signalled one is left out.</summary>
    public void Add(Fence fence, FenceUsage usage)
    {
        if (fence.IsSignalled)
            return;

        _gate.Enter();
        Prune();
        AddPending(fence, usage);
        _gate.Exit();
    }

    /// <summary>Adds the fences of a set likewise.</summary>
    public void Add(FenceSet fences, FenceUsage usage)
    {
        _gate.Enter();
        Prune();
        foreach (Fence fence in fences.Fences)
        {
            if (!fence.IsSignalled)
                AddPending(fence, usage);
        }

        _gate.Exit();
    }

    /// <summary>Forgets all fences: what they were about is gone.</summary>
    public void Clear()
    {
        _gate.Enter();
        Array.Clear(_entries, 0, _count);
        Volatile.Write(ref _count, 0);
        _gate.Exit();
    }

    /// <summary>Adds to a set the pending fences of a usage and all lower ones, of each timeline the newest.</summary>
    public void Collect(FenceUsage usage, FenceSet into)
    {
        if (IsEmpty)
            return;

        _gate.Enter();
        Prune();
        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Usage <= usage)
                into.AddNewest(_entries[i].Fence);
        }

        _gate.Exit();
    }

    /// <summary>True when no fence of a usage or a lower one is pending.</summary>
    public bool IsIdle(FenceUsage usage) => IsIdle(usage, countsOnDemand: true);

    /// <summary>True when nothing is in flight: preempt fences, which are pending while nobody wants them, do not count.</summary>
    public bool IsQuiet => IsIdle(FenceUsage.Bookkeep, countsOnDemand: false);

    private bool IsIdle(FenceUsage usage, bool countsOnDemand)
    {
        if (IsEmpty)
            return true;

        _gate.Enter();
        Prune();
        bool isIdle = true;
        for (int i = 0; i < _count; i++)
            isIdle &= _entries[i].Usage > usage || (!countsOnDemand && _entries[i].Fence.IsOnDemand);
        _gate.Exit();
        return isIdle;
    }

    private void AddPending(Fence fence, FenceUsage usage)
    {
        int at = IndexOf(fence.Timeline!, usage);
        if (at == _count)
            Append(new Entry { Fence = fence, Usage = usage });
        else if (_entries[at].Fence.Seqno < fence.Seqno)
            _entries[at].Fence = fence;
    }

    private int IndexOf(FenceTimeline timeline, FenceUsage usage)
    {
        int at = 0;
        while (at < _count && !(ReferenceEquals(_entries[at].Fence.Timeline, timeline) && _entries[at].Usage == usage))
            at++;
        return at;
    }

    private void Append(in Entry entry)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(8, _count * 2));
        _entries[_count] = entry;
        Volatile.Write(ref _count, _count + 1);
    }

    private void Prune()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (!_entries[i].Fence.IsSignalled)
                _entries[kept++] = _entries[i];
        }

        Volatile.Write(ref _count, kept);
    }
}
