using XePt.Uapi;

namespace XePt.Host;

// Moving and resizing mappings (mremap).
public sealed partial class ModelProcess
{
    /// <summary>Makes a mapping smaller or larger, where it is or, if that must be, elsewhere (mremap). Pages keep their content, device
    /// pages stay in their device; everybody hears of <see cref="CpuChangeKind.Unmap"/> of the old place.</summary>
    /// <param name="range">Whole pages inside one mapping.</param>
    /// <param name="newSize">Bytes to be.</param>
    /// <param name="mayMove">It may be moved if it cannot grow where it is.</param>
    /// <param name="newStart">Where it is afterwards.</param>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -EFAULT: not inside one mapping; -ENOMEM: it cannot grow and may not move, there is
    /// no room, or the host has no memory; nothing has changed.</returns>
    public Errno Remap(AddressRange range, ulong newSize, bool mayMove, out ulong newStart)
    {
        (ulong start, ulong end) = range;
        newStart = start;
        if (!IsInterval(range, out Errno error) || !IsSize(newSize, out error))
            return error;
        using (_changes.Enter())
        {
            Enter();
            if (!IsInOneVma(range))
                error = Errno.EFAULT;
            else if (newSize <= range.Size)
                error = Shrink(start + newSize, end);
            else if (!TryGrow(end, start + newSize))
                error = mayMove ? MoveAnywhere(range, newSize, keepsOld: false, out newStart) : Errno.ENOMEM;
            _memory.Exit();
        }

        if (error == Errno.Ok)
            PopulateWhatIsNew(range.Size, AddressRange.OfSize(newStart, newSize));
        return error;
    }

    /// <summary>Moves a mapping to an address, in place of whatever is there, and gives it a new size (mremap with
    /// MREMAP_FIXED).</summary>
    /// <param name="range">Whole pages inside one mapping.</param>
    /// <param name="place">Where they are to be, in its new size.</param>
    /// <returns>As <see cref="Remap"/>; -EINVAL also when the old and the new place overlap.</returns>
    public Errno RemapTo(AddressRange range, AddressRange place)
    {
        if (!IsInterval(range, out Errno error) || !IsInterval(place, out error))
            return error;
        if (range.Overlaps(place))
            return Errno.EINVAL;
        using (_changes.Enter())
        {
            Enter();
            error = IsInOneVma(range) ? Move(range, place, keepsOld: false) : Errno.EFAULT;
            _memory.Exit();
        }

        if (error == Errno.Ok)
            PopulateWhatIsNew(range.Size, place);
        return error;
    }

    /// <summary>Moves the pages of a mapping elsewhere, and leaves the mapping where it was, without pages (mremap with MREMAP_DONTUNMAP):
    /// anonymous ones read as zero there afterwards, those of files as the file.</summary>
    /// <param name="range">Whole pages inside one mapping.</param>
    /// <param name="place">Where they are to be, in place of whatever is there; null where there is room.</param>
    /// <param name="newStart">Where they are afterwards.</param>
    /// <returns>As <see cref="RemapTo"/>; -EINVAL also for huge pages and I/O.</returns>
    public Errno RemapKeeping(AddressRange range, ulong? place, out ulong newStart)
    {
        newStart = place ?? range.Start;
        if (!IsInterval(range, out Errno error) || (place is { } at && !IsInterval(AddressRange.OfSize(at, range.Size), out error)))
            return error;
        if (place is { } to && range.Overlaps(AddressRange.OfSize(to, range.Size)))
            return Errno.EINVAL;
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        if (!IsInOneVma(range))
            error = Errno.EFAULT;
        else if (_vmas[_vmas.Find(range.Start)].Kind is CpuVmaKind.Io or CpuVmaKind.HugeTlb)
            error = Errno.EINVAL;
        else if (place is null)
            error = MoveAnywhere(range, range.Size, keepsOld: true, out newStart);
        else
            error = Move(range, AddressRange.OfSize(newStart, range.Size), keepsOld: true);
        _memory.Exit();
        return error;
    }

    /// <summary>What a mapping that is held in memory has grown by is populated; if it cannot be, nobody hears of it.</summary>
    private void PopulateWhatIsNew(ulong oldSize, AddressRange place)
    {
        var added = new AddressRange(place.Start + Math.Min(oldSize, place.Size), place.End);
        if (TryFindFirst(added, out ModelVma vma) && vma.IsLocked)
            PopulateAll(added);
    }

    private Errno Shrink(ulong start, ulong end)
    {
        if (start == end)
            return Errno.Ok;
        if (!_vmas.TryCut(start, end))
            return Errno.ENOMEM;
        RemoveVmas(start, end);
        return Errno.Ok;
    }

    // Only the end of a mapping can grow, and only into nothing.
    private bool TryGrow(ulong end, ulong newEnd)
    {
        int vma = _vmas.Find(end - 1);
        if (_vmas[vma].End != end || newEnd > Limit || _vmas.First(end, newEnd) != 0)
            return false;
        _vmas.Extend(vma, newEnd);
        _vmas.Merge(newEnd);
        return true;
    }

    private Errno MoveAnywhere(AddressRange range, ulong newSize, bool keepsOld, out ulong newStart)
    {
        newStart = range.Start;
        if (!TryFindRoom(newSize, _vmas[_vmas.Find(range.Start)].Kind, out ulong found))
            return Errno.ENOMEM;
        Errno error = Move(range, AddressRange.OfSize(found, newSize), keepsOld);
        if (error == Errno.Ok)
            newStart = found;
        return error;
    }

    private Errno Move(AddressRange range, AddressRange place, bool keepsOld)
    {
        // What is moved ends here; what lies behind goes away.
        (ulong start, ulong end) = (range.Start, range.Start + Math.Min(range.Size, place.Size));
        ReadOnlySpan<ulong> bounds = [place.Start, place.End, start, end, range.End];
        int made = _vmas.TryReserve();
        if (made == 0)
            return Errno.ENOMEM;
        if (!_vmas.TryCut(bounds, out uint cuts))
        {
            _vmas.CancelReserve(made);
            return Errno.ENOMEM;
        }

        var changes = new List<ChangeInFlight>();
        AnnounceUnmap(end, range.End, changes);
        AnnounceUnmap(place.Start, place.End, changes);
        AnnounceUnmap(start, end, changes);
        WaitForMigrations(start, end);
        // Everything that can fail is done; nothing has changed so far.
        var held = new List<ulong>();
        bool isMoved = TryHoldLeaves(start, end, place.Start, held);
        if (isMoved)
        {
            DropVmas(place.Start, place.End);
            MoveVma(made, start, end, place);
            if (keepsOld)
                KeepOld(start, end, cuts);
            else
                DropVmas(start, range.End);
        }
        else
        {
            _vmas.CancelReserve(made);
            _vmas.Undo(bounds, cuts);
        }

        foreach (ulong leaf in held)
            _pages.LetLeafGo(leaf);
        foreach (ChangeInFlight change in changes)
            _subscribers.End(change);
        _vmas.Merge(place.End);
        _vmas.Merge(place.Start);
        return isMoved ? Errno.Ok : Errno.ENOMEM;
    }

    private void AnnounceUnmap(ulong start, ulong end, List<ChangeInFlight> changes)
    {
        if (start < end && _vmas.First(start, end) != 0)
            changes.Add(Announce(CpuChangeKind.Unmap, start, end));
    }

    /// <summary>Has page tables for the new place, which no dropped page takes with it.</summary>
    private bool TryHoldLeaves(ulong start, ulong end, ulong newStart, List<ulong> held)
    {
        foreach (PageMap.Place page in _pages.Populated(start, end))
        {
            ulong leaf = PageMap.LeafStart(newStart + (page.Address - start));
            if (held.Count > 0 && held[^1] == leaf)
                continue;
            if (!_pages.TryHoldLeaf(leaf))
                return false;
            held.Add(leaf);
        }

        return true;
    }

    private void MoveVma(int made, ulong start, ulong end, AddressRange place)
    {
        int old = _vmas.Find(start);
        _vmas.Add(made, _vmas[old] with { Start = place.Start, End = place.End }, _vmas.FileOf(old));
        MovePages(start, end, place.Start);
    }

    /// <summary>The old mapping is whole again, and as a whole no longer held in memory.</summary>
    private void KeepOld(ulong start, ulong end, uint cuts)
    {
        const uint startBit = 1 << 2, endBit = 1 << 3;
        _vmas.Undo([0, 0, start, end], cuts & (startBit | endBit));
        _vmas[_vmas.Find(start)].IsLocked = false;
    }

    /// <summary>A page that a migration has collected cannot move: the migration would not find it again.</summary>
    private void WaitForMigrations(ulong start, ulong end)
    {
        var spin = default(SpinWait);
        while (HasLocked(start, end))
            WaitForMigration(start, end, ref spin);
    }

    private bool HasLocked(ulong start, ulong end)
    {
        foreach (PageMap.Place page in _pages.Populated(start, end))
        {
            if (page.Entry.IsLocked)
                return true;
        }

        return false;
    }

    private void MovePages(ulong start, ulong end, ulong newStart)
    {
        bool keepsHuge = ((start ^ newStart) & (PageMap.LeafBytes - 1)) == 0;
        SplitHugeAt(start);
        SplitHugeAt(end);
        foreach (PageMap.Place page in _pages.Populated(start, end))
        {
            ulong to = newStart + (page.Address - start);
            _pages.Write(_pages.LeafOf(to), to, keepsHuge ? page.Entry : page.Entry.WithoutHuge());
            _pages.Write(page.Leaf, page.Address, default);
            if (page.Entry.State == PageState.Device)
                _memory.Blocks[page.Entry.Block].MapAt(page.Entry.Page, to);
        }

        _pages.Trim(start, end);
    }
}
