using XePt.Uapi;

namespace XePt.Host;

// Moving and resizing mappings (mremap).
public sealed partial class ModelProcess
{
    /// <summary>Makes a mapping smaller or larger, where it is or, if that must be, elsewhere (mremap). Pages keep their content, device
    /// pages stay in their device; everybody hears of <see cref="CpuChangeKind.Unmap"/> of the old place.</summary>
    /// <param name="start">First address, inside one mapping.</param>
    /// <param name="oldSize">Bytes, all inside that mapping.</param>
    /// <param name="newSize">Bytes to be.</param>
    /// <param name="mayMove">It may be moved if it cannot grow where it is.</param>
    /// <param name="newStart">Where it is afterwards.</param>
    /// <returns>Ok; -EINVAL: not aligned, or no size; -EFAULT: not inside one mapping; -ENOMEM: it cannot grow and may not move, there is
    /// no room, or the host has no memory; nothing has changed.</returns>
    public Errno Remap(ulong start, ulong oldSize, ulong newSize, bool mayMove, out ulong newStart)
    {
        newStart = start;
        if (!IsInterval(start, oldSize, out Errno error) || !IsInterval(0, newSize, out error))
            return error;
        using ChangeLock.Scope scope = _changes.Enter();
        _memory.Enter();
        if (!IsInOneVma(start, start + oldSize))
            error = Errno.EFAULT;
        else if (newSize <= oldSize)
            error = Shrink(start + newSize, start + oldSize);
        else if (!TryGrow(start + oldSize, start + newSize))
            error = mayMove ? MoveAnywhere(start, oldSize, newSize, out newStart) : Errno.ENOMEM;
        _memory.Exit();
        return error;
    }

    /// <summary>Moves a mapping to an address, in place of whatever is there, and gives it a new size (mremap with MREMAP_FIXED).
    /// Parameters as for <see cref="Remap"/>.</summary>
    /// <returns>As <see cref="Remap"/>; -EINVAL also when the old and the new place overlap.</returns>
    public Errno RemapTo(ulong start, ulong oldSize, ulong newStart, ulong newSize)
    {
        if (!IsInterval(start, oldSize, out Errno error) || !IsInterval(newStart, newSize, out error))
            return error;
        if (start < newStart + newSize && newStart < start + oldSize)
            return Errno.EINVAL;
        using ChangeLock.Scope scope = _changes.Enter();
        _memory.Enter();
        error = IsInOneVma(start, start + oldSize) ? Move(start, oldSize, newStart, newSize) : Errno.EFAULT;
        _memory.Exit();
        return error;
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

    private Errno MoveAnywhere(ulong start, ulong oldSize, ulong newSize, out ulong newStart)
    {
        newStart = start;
        if (!TryFindRoom(newSize, _vmas[_vmas.Find(start)].Kind, out ulong found))
            return Errno.ENOMEM;
        Errno error = Move(start, oldSize, found, newSize);
        if (error == Errno.Ok)
            newStart = found;
        return error;
    }

    private Errno Move(ulong start, ulong oldSize, ulong newStart, ulong newSize)
    {
        ulong end = start + Math.Min(oldSize, newSize);
        ReadOnlySpan<ulong> bounds = [newStart, newStart + newSize, start, end, start + oldSize];
        int made = _vmas.TryReserve();
        if (made == 0)
            return Errno.ENOMEM;
        if (!_vmas.TryCut(bounds, out uint cuts))
        {
            _vmas.CancelReserve(made);
            return Errno.ENOMEM;
        }

        var changes = new List<ChangeInFlight>();
        AnnounceUnmap(end, start + oldSize, changes);
        AnnounceUnmap(newStart, newStart + newSize, changes);
        AnnounceUnmap(start, end, changes);
        WaitForMigrations(start, end);
        // Everything that can fail is done; nothing has changed so far.
        var held = new List<ulong>();
        bool isMoved = TryHoldLeaves(start, end, newStart, held);
        if (isMoved)
        {
            DropVmas(newStart, newStart + newSize);
            MoveVma(made, start, end, newStart, newSize);
            DropVmas(end, start + oldSize);
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
        _vmas.Merge(newStart + newSize);
        _vmas.Merge(newStart);
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

    private void MoveVma(int made, ulong start, ulong end, ulong newStart, ulong newSize)
    {
        int old = _vmas.Find(start);
        _vmas.Add(made, _vmas[old] with { Start = newStart, End = newStart + newSize }, _vmas.FileOf(old));
        MovePages(start, end, newStart);
        _vmas.Remove(old);
    }

    /// <summary>A page that a migration has collected cannot move: the migration would not find it again.</summary>
    private void WaitForMigrations(ulong start, ulong end)
    {
        var spin = default(SpinWait);
        while (HasLocked(start, end))
            LetOthersRun(ref spin);
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
