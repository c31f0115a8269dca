using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>What removed VMAs held, kept until the bind that removed them has completed: until then the GPU may still reach the memory (BIND-229).
/// The VM's writer side only.</summary>
internal sealed class DeferredReleases(BoTable bos, CpuAddressSpace cpu, UserptrTable userptrs)
{
    private readonly record struct Entry(Fence After, int Bo, int Userptr, int Pages);

    private Entry[] _entries = [];
    private int _count;

    public int Count => _count;

    /// <summary>Drops a BO reference, or a userptr with its pages, after a fence; at once when it has signalled.</summary>
    public void Add(Fence after, int bo, int userptr) => Add(new Entry(after, bo, userptr, Pages: 0));

    /// <summary>Unpins CPU pages after a fence; slot 0 stands for none.</summary>
    public void AddPages(Fence after, int pages) => Add(new Entry(after, Bo: 0, Userptr: 0, pages));

    /// <summary>Releases what has become free, in the order it was added.</summary>
    /// <param name="all">Also what is still waited for, because the VM's tables are gone.</param>
    public void Harvest(bool all = false)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            Entry entry = _entries[i];
            if (all || entry.After.IsSignalled)
                Release(entry);
            else
                _entries[kept++] = entry;
        }

        Array.Clear(_entries, kept, _count - kept);
        _count = kept;
    }

    private void Add(in Entry entry)
    {
        if (entry.After.IsSignalled)
        {
            Release(entry);
            return;
        }

        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(16, _count * 2));
        _entries[_count++] = entry;
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
