using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>What removed VMAs held, kept until the bind that removed them has completed: until then the GPU may still reach the memory (BIND-229).
/// The VM's writer side only.</summary>
internal sealed class DeferredReleases(BoTable bos, CpuAddressSpace cpu, UserptrTable userptrs)
{
    private readonly record struct Entry(Fence After, int Bo, int Userptr, int Pages);

    private const int LookedAtPerCall = 8;

    // Those that may be pending are from _first to below _end, oldest first.
    private Entry[] _entries = [];
    private int _first;
    private int _end;
    private int _calls;

    public int Count => _end - _first;

    /// <summary>Drops a BO reference, or a userptr with its pages, after a fence; at once when it has signalled.</summary>
    public void Add(Fence after, int bo, int userptr)
    {
        if (userptr == 0 && bo != 0 && after.IsSignalled)
            bos.DropReference(bo);
        else if ((bo | userptr) != 0)
            Add(new Entry(after, bo, userptr, Pages: 0));
    }

    /// <summary>Unpins CPU pages after a fence; slot 0 stands for none.</summary>
    public void AddPages(Fence after, int pages)
    {
        if (pages != 0)
            Add(new Entry(after, Bo: 0, Userptr: 0, pages));
    }

    /// <summary>Releases what has become free, as far as that takes few steps: the oldest entries, and all others once in so many calls that
    /// looking at each costs a call no more than a few.</summary>
    public void HarvestSome()
    {
        if (_first == _end)
            return;
        while (_first < _end && _entries[_first].After.IsSignalled)
            Release(Take(_first++));
        if (++_calls * LookedAtPerCall >= _end - _first)
            Harvest();
    }

    /// <summary>Releases everything that has become free, in the order it was added.</summary>
    /// <param name="all">Also what is still waited for, because the VM's tables are gone.</param>
    public void Harvest(bool all = false)
    {
        int kept = 0;
        for (int i = _first; i < _end; i++)
        {
            Entry entry = Take(i);
            if (all || entry.After.IsSignalled)
                Release(entry);
            else
                _entries[kept++] = entry;
        }

        (_first, _end, _calls) = (0, kept, 0);
    }

    /// <summary>Drops what has become free, and takes a larger array unless that left this one at most half full.</summary>
    private void MakeRoom()
    {
        Harvest();
        if (_end * 2 >= _entries.Length)
            Array.Resize(ref _entries, Math.Max(16, _entries.Length * 2));
    }

    private Entry Take(int at)
    {
        Entry entry = _entries[at];
        _entries[at] = default;
        return entry;
    }

    private void Add(in Entry entry)
    {
        if (entry.After.IsSignalled)
        {
            Release(entry);
            return;
        }

        if (_end == _entries.Length)
            MakeRoom();
        _entries[_end++] = entry;
    }

    private void Release(in Entry entry)
    {
        if (entry.Bo != 0)
            bos.DropReference(entry.Bo);
        int pages = entry.Userptr != 0 ? userptrs.Remove(entry.Userptr) : entry.Pages;
        if (pages != 0)
            cpu.Unpin(pages);
    }
}
