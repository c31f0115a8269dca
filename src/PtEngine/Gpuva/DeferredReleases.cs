using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>What removed VMAs held, kept until the bind that removed them has completed: until then the GPU may still reach the memory (BIND-229).
/// The VM's writer side only.</summary>
internal sealed class DeferredReleases(BoTable bos, CpuAddressSpace cpu)
{
    private readonly record struct Entry(Fence After, int Bo, int Pinned);

    private Entry[] _entries = [];
    private int _count;

    public int Count => _count;

    /// <summary>Drops a BO reference or unpins CPU pages after a fence; at once when it has signalled.</summary>
    public void Add(Fence after, int bo, int pinned)
    {
        if (after.IsSignalled)
        {
            Release(bo, pinned);
            return;
        }

        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(16, _count * 2));
        _entries[_count++] = new Entry(after, bo, pinned);
    }

    /// <summary>Releases what has become free, in the order it was added.</summary>
    /// <param name="all">Also what is still waited for, because the VM's tables are gone.</param>
    public void Harvest(bool all = false)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            Entry entry = _entries[i];
            if (all || entry.After.IsSignalled)
                Release(entry.Bo, entry.Pinned);
            else
                _entries[kept++] = entry;
        }

        Array.Clear(_entries, kept, _count - kept);
        _count = kept;
    }

    private void Release(int bo, int pinned)
    {
        if (bo != 0)
            bos.DropReference(bo);
        else if (pinned != 0)
            cpu.Unpin(pinned);
    }
}
