using XePt.Uapi;

namespace XePt.Host;

// Pages that stay in memory (mlock).
public sealed partial class ModelProcess
{
    /// <summary>Holds an interval in memory (mlock): its mappings are cut out of their neighbours, and every page is populated, as by a
    /// touch that writes where only this process would see it; so pages come back from devices. They may migrate again afterwards, but are
    /// not dropped (<see cref="Discard"/>). Nothing else is told to anybody. I/O is left out, and huge pages are only populated.</summary>
    /// <param name="range">Whole pages.</param>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -ENOMEM: part of it is not mapped, and what lies before that is locked without being
    /// populated, or a page cannot be populated, and everything is locked; or the host has no memory to cut mappings; -EAGAIN: it has none
    /// for pages.</returns>
    public Errno Lock(AddressRange range)
    {
        Errno error = SetLocked(range, isLocked: true);
        return error != Errno.Ok ? error : PopulateAll(range) switch
        {
            Errno.Ok => Errno.Ok,
            Errno.ENOMEM => Errno.EAGAIN,
            _ => Errno.ENOMEM,
        };
    }

    /// <summary>Lets go of what <see cref="Lock"/> holds (munlock). A move lets go of the old place, and a child holds nothing.</summary>
    /// <param name="range">Whole pages.</param>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -ENOMEM: part of it is not mapped, and what lies before that is let go of, or the
    /// host has no memory to cut mappings.</returns>
    public Errno Unlock(AddressRange range) => SetLocked(range, isLocked: false);

    private Errno SetLocked(AddressRange range, bool isLocked)
    {
        if (!IsInterval(range, out Errno error))
            return error;
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        for (ulong at = range.Start; at < range.End && error == Errno.Ok;)
            error = SetFirstLocked(ref at, range.End, isLocked);
        _memory.Exit();
        return error;
    }

    /// <summary>Marks the mapping at an address as far as the interval goes, and goes on to its end.</summary>
    private Errno SetFirstLocked(ref ulong at, ulong end, bool isLocked)
    {
        int vma = _vmas.Find(at);
        if (vma == 0)
            return Errno.ENOMEM;
        ulong start = at;
        at = Math.Min(_vmas[vma].End, end);
        if (!_vmas[vma].MayBeLocked || _vmas[vma].IsLocked == isLocked)
            return Errno.Ok;
        if (!_vmas.TryCut(start, at))
            return Errno.ENOMEM;
        _vmas[_vmas.Find(start)].IsLocked = isLocked;
        _vmas.Merge(at);
        _vmas.Merge(start);
        return Errno.Ok;
    }

    /// <summary>Touches what is mapped, until something cannot be touched. Outside the gate.</summary>
    private Errno PopulateAll(AddressRange range)
    {
        Errno error = Errno.Ok;
        for (ulong at = range.Start; error == Errno.Ok && TryFindFirst(new AddressRange(at, range.End), out ModelVma vma);)
        {
            AddressRange part = new(Math.Max(at, vma.Start), Math.Min(vma.End, range.End));
            at = part.End;
            if (vma.Kind != CpuVmaKind.Io)
                error = Touch(part, write: vma.IsWritable && vma.IsPrivate);
        }

        return error;
    }

    private bool TryFindFirst(AddressRange range, out ModelVma found)
    {
        Enter();
        int vma = range.IsEmpty ? 0 : _vmas.First(range.Start, range.End);
        found = vma == 0 ? default : _vmas[vma];
        _memory.Exit();
        return vma != 0;
    }
}
