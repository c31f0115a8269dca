using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

// The calls of the process that change its mappings or pages (HST-011).
public sealed partial class ModelProcess
{
    // Below it nothing is placed, as mmap_min_addr says.
    private const ulong LowestPlace = 64 << 10;

    // Places are looked for downwards from the last one that was found.
    private ulong _placeBelow;

    /// <summary>Maps memory at an address, in place of whatever is there (mmap with MAP_FIXED).</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="protection">What the CPU may do.</param>
    /// <param name="kind">What it is backed by.</param>
    /// <param name="file">The file or shared memory; null for anonymous memory, I/O and huge pages, for shared memory that only children
    /// share, and for a file of zeros that nobody else uses.</param>
    /// <param name="offset">Where the mapping begins in the file, in bytes.</param>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -ENOMEM: beyond the limit, or the host has no memory, and nothing has
    /// changed.</returns>
    public Errno Map(
        AddressRange range, CpuProtection protection, CpuVmaKind kind = CpuVmaKind.Anonymous, ModelFile? file = null, ulong offset = 0)
    {
        if (!IsInterval(range, out Errno error))
            return error;
        ModelVma mapping = NewMapping(range, protection, kind, ref file, offset);
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        error = Replace(mapping, file);
        _memory.Exit();
        return error;
    }

    /// <summary>Maps memory where there is room, below what was placed before; huge pages, and what is at least as large as one, aligned to
    /// them. Parameters as for <see cref="Map"/>.</summary>
    /// <returns>As <see cref="Map"/>; -ENOMEM also when there is no room.</returns>
    public Errno MapAnywhere(
        out ulong start, ulong size, CpuProtection protection, CpuVmaKind kind = CpuVmaKind.Anonymous, ModelFile? file = null,
        ulong offset = 0)
    {
        start = 0;
        if (!IsSize(size, out Errno error))
            return error;
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        bool isFound = TryFindRoom(size, kind, out start);
        error = isFound ? Replace(NewMapping(AddressRange.OfSize(start, size), protection, kind, ref file, offset), file) : Errno.ENOMEM;
        _memory.Exit();
        return error;
    }

    /// <summary>Takes mappings away (munmap): first everybody hears of <see cref="CpuChangeKind.Unmap"/> of the interval.</summary>
    /// <returns>Ok, also when nothing is there; -EINVAL: not aligned, or no size; -ENOMEM: the host has no memory, and nothing has
    /// changed.</returns>
    public Errno Unmap(AddressRange range)
    {
        if (!IsInterval(range, out Errno error))
            return error;
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        error = _vmas.TryCut(range.Start, range.End) ? Errno.Ok : Errno.ENOMEM;
        if (error == Errno.Ok)
            RemoveVmas(range.Start, range.End);
        _memory.Exit();
        return error;
    }

    /// <summary>Changes the protection of mappings (mprotect): everybody hears of <see cref="CpuChangeKind.ProtectionVma"/> of each piece
    /// whose protection is another one.</summary>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -ENOMEM: part of it is not mapped, or the host has no memory; nothing has
    /// changed.</returns>
    public Errno Protect(AddressRange range, CpuProtection protection)
    {
        if (!IsInterval(range, out Errno error))
            return error;
        (ulong start, ulong end) = range;
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        error = IsMapped(start, end) && TryCutForProtection(start, end, protection) ? Errno.Ok : Errno.ENOMEM;
        for (ulong at = start; at < end && error == Errno.Ok;)
        {
            int vma = _vmas.Find(at);
            at = Math.Min(_vmas[vma].End, end);
            if (_vmas[vma].Protection != protection)
                ProtectVma(vma, protection);
        }

        _memory.Exit();
        return error;
    }

    /// <summary>Drops the pages of an interval (madvise with MADV_DONTNEED): anonymous ones read as zero afterwards, those of files as the
    /// file. Everybody hears of <see cref="CpuChangeKind.Clear"/> of each mapping's part.</summary>
    /// <returns>Ok, also when part of it is not mapped; -EINVAL: not aligned, or no size, or a mapping is held in memory
    /// (<see cref="Lock"/>), and only those before it have lost their pages.</returns>
    public Errno Discard(AddressRange range) => Drop(range, fromFiles: false);

    /// <summary>As <see cref="Discard"/>, and the files that are mapped there lose the pages too (madvise with MADV_REMOVE).</summary>
    internal Errno Remove(AddressRange range) => Drop(range, fromFiles: true);

    private Errno Drop(AddressRange range, bool fromFiles)
    {
        if (!IsInterval(range, out Errno error))
            return error;
        (ulong start, ulong end) = range;
        Enter();
        for (int vma; start < end && (vma = _vmas.First(start, end)) != 0;)
        {
            if (_vmas[vma].IsLocked)
            {
                error = Errno.EINVAL;
                break;
            }

            ulong from = Math.Max(start, _vmas[vma].Start);
            start = Math.Min(end, _vmas[vma].End);
            ChangeInFlight change = Announce(CpuChangeKind.Clear, from, start);
            DropPages(from, start);
            if (fromFiles && _vmas.FileOf(vma) is { } file)
                file.Remove((_vmas[vma].Offset + (from - _vmas[vma].Start)) >> PageBytes.Shift, (start - from) >> PageBytes.Shift);
            _subscribers.End(change);
        }

        _memory.Exit();
        ThreadJobs.Own.RunIfFree();
        return error;
    }

    /// <summary>Announces a change that does not change anything: reclaim that finds nothing, soft-dirty clearing, and the like.</summary>
    /// <param name="kind">What is announced.</param>
    /// <param name="range">Not empty.</param>
    /// <param name="mayBlock">Callbacks may wait.</param>
    /// <returns>False when it may not block and somebody would have to (SVM-140).</returns>
    public bool Raise(CpuChangeKind kind, AddressRange range, bool mayBlock = true)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(range.IsEmpty, true, nameof(range));
        Enter();
        ChangeInFlight change = _subscribers.Begin(kind, range.Start, range.End, mayBlock);
        _memory.Exit();
        bool isAccepted = Tell(change);
        _memory.Enter();
        _subscribers.End(change);
        _memory.Exit();
        ThreadJobs.Own.RunIfFree();
        return isAccepted;
    }

    private bool IsInterval(AddressRange range, out Errno error)
    {
        error = Errno.Ok;
        if (range.IsEmpty || !PageBytes.IsAligned(range.Start | range.End))
            error = Errno.EINVAL;
        else if (range.End > Limit)
            error = Errno.ENOMEM;
        return error == Errno.Ok;
    }

    private bool IsSize(ulong size, out Errno error) => IsInterval(new AddressRange(0, size), out error);

    private ModelVma NewMapping(AddressRange range, CpuProtection protection, CpuVmaKind kind, ref ModelFile? file, ulong offset)
    {
        if (file is not null && !ReferenceEquals(file.Memory, _memory))
            throw new ArgumentException("the file is of another machine", nameof(file));
        if (file is not null && kind is not (CpuVmaKind.File or CpuVmaKind.Shared))
            throw new ArgumentException($"no file is behind a mapping of kind {kind}", nameof(file));
        if (!PageBytes.IsAligned(offset) || offset > ulong.MaxValue - range.Size)
            throw new ArgumentException($"no mapping begins at offset {offset:x}", nameof(offset));
        if (kind == CpuVmaKind.Shared)
            file ??= new ModelFile(_memory, ulong.MaxValue, isAnonymous: true);
        (ulong start, ulong end) = range;
        return new ModelVma { Start = start, End = end, Protection = protection, Kind = kind, Offset = file is null ? 0 : offset };
    }

    /// <summary>Puts a mapping in place of whatever is there. Inside the gate and the lock of changes.</summary>
    private Errno Replace(in ModelVma mapping, ModelFile? file)
    {
        int vma = _vmas.TryReserve();
        if (vma == 0)
            return Errno.ENOMEM;
        if (!_vmas.TryCut(mapping.Start, mapping.End))
        {
            _vmas.CancelReserve(vma);
            return Errno.ENOMEM;
        }

        RemoveVmas(mapping.Start, mapping.End);
        _vmas.Add(vma, mapping, file);
        _vmas.Merge(mapping.End);
        _vmas.Merge(mapping.Start);
        return Errno.Ok;
    }

    /// <summary>Takes away the mappings of an interval, which do not go across its ends. Inside the gate and the lock of changes.</summary>
    private void RemoveVmas(ulong start, ulong end)
    {
        if (_vmas.First(start, end) == 0)
            return;
        ChangeInFlight change = Announce(CpuChangeKind.Unmap, start, end);
        DropVmas(start, end);
        _subscribers.End(change);
    }

    private void DropVmas(ulong start, ulong end)
    {
        if (start >= end)
            return;
        DropPages(start, end);
        for (int vma = _vmas.First(start, end); vma != 0; vma = _vmas.First(start, end))
            _vmas.Remove(vma);
    }

    private bool IsMapped(ulong start, ulong end)
    {
        for (int vma; start < end; start = _vmas[vma].End)
        {
            vma = _vmas.Find(start);
            if (vma == 0)
                return false;
        }

        return true;
    }

    // A mapping that keeps its protection is not cut.
    private bool TryCutForProtection(ulong start, ulong end, CpuProtection protection)
    {
        if (_vmas[_vmas.Find(start)].Protection == protection)
            start = _vmas[_vmas.Find(start)].End;
        if (_vmas[_vmas.Find(end - 1)].Protection == protection)
            end = _vmas[_vmas.Find(end - 1)].Start;
        return start >= end || _vmas.TryCut(start, end);
    }

    private void ProtectVma(int vma, CpuProtection protection)
    {
        ulong start = _vmas[vma].Start, end = _vmas[vma].End;
        ChangeInFlight change = Announce(CpuChangeKind.ProtectionVma, start, end);
        _vmas[vma].Protection = protection;
        SplitHugeAt(start);
        SplitHugeAt(end);
        if (!_vmas[vma].IsWritable)
            WriteProtect(start, end);
        _subscribers.End(change);
        _vmas.Merge(end);
        _vmas.Merge(start);
    }

    /// <summary>From now on the CPU has to ask before it writes.</summary>
    private void WriteProtect(ulong start, ulong end)
    {
        foreach (PageMap.Place page in _pages.Populated(start, end))
            _pages.Write(page.Leaf, page.Address, page.Entry.WithWritable(false));
    }

    private bool TryFindRoom(ulong size, CpuVmaKind kind, out ulong start)
    {
        ulong alignment = kind == CpuVmaKind.HugeTlb || size >= PageMap.LeafBytes ? PageMap.LeafBytes : PageBytes.Size;
        if (!TryFindRoomBelow(_placeBelow, size, alignment, out start) && !TryFindRoomBelow(Limit, size, alignment, out start))
            return false;
        _placeBelow = start;
        return true;
    }

    private bool TryFindRoomBelow(ulong end, ulong size, ulong alignment, out ulong start)
    {
        start = 0;
        while (end >= size + LowestPlace)
        {
            start = (end - size) & ~(alignment - 1);
            if (start < LowestPlace)
                return false;
            int below = _vmas.LastBelow(start + size);
            if (below == 0 || _vmas[below].End <= start)
                return true;
            end = _vmas[below].Start;
        }

        return false;
    }
}
