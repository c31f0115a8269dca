using XePt.Uapi;

namespace XePt.Host;

// Children (fork).
public sealed partial class ModelProcess
{
    /// <summary>Makes a child with the same mappings. Pages of private mappings are shared until either side writes one; pinned ones, and
    /// those in devices, are copied for the child at once. Everybody hears of <see cref="CpuChangeKind.ProtectionPage"/> of every private
    /// mapping. The child has no subscriptions.</summary>
    /// <param name="child">The child; null after an errno.</param>
    /// <returns>Ok; -ENOMEM: nothing has changed.</returns>
    public Errno Fork(out ModelProcess? child)
    {
        var made = new ModelProcess(_memory, Limit) { _placeBelow = _placeBelow };
        using ChangeLock.Scope scope = _changes.Enter();
        Enter();
        List<ChangeInFlight> changes = AnnounceFork();
        WaitForMigrations(0, Limit);
        bool isCopied = TryCopyTo(made);
        if (isCopied)
            ProtectPrivate();
        foreach (ChangeInFlight change in changes)
            _subscribers.End(change);
        _memory.Exit();

        child = isCopied ? made : null;
        if (!isCopied)
            made.Dispose();
        return isCopied ? Errno.Ok : Errno.ENOMEM;
    }

    private List<ChangeInFlight> AnnounceFork()
    {
        var changes = new List<ChangeInFlight>();
        for (int vma = _vmas.First(0, Limit); vma != 0;)
        {
            (ulong start, ulong end) = (_vmas[vma].Start, _vmas[vma].End);
            if (_vmas[vma].IsPrivate)
                changes.Add(Announce(CpuChangeKind.ProtectionPage, start, end));
            vma = _vmas.First(end, Limit);
        }

        return changes;
    }

    private bool TryCopyTo(ModelProcess child)
    {
        for (int vma = _vmas.First(0, Limit); vma != 0; vma = _vmas.First(_vmas[vma].End, Limit))
        {
            int copy = child._vmas.TryReserve();
            if (copy == 0)
                return false;
            child._vmas.Add(copy, _vmas[vma] with { IsLocked = false }, _vmas.FileOf(vma));
            if (!TryCopyPages(vma, child))
                return false;
        }

        return true;
    }

    private bool TryCopyPages(int vma, ModelProcess child)
    {
        bool isPrivate = _vmas[vma].IsPrivate;
        foreach (PageMap.Place page in _pages.Populated(_vmas[vma].Start, _vmas[vma].End))
        {
            int leaf = child._pages.TryMakeLeaf(page.Address);
            if (leaf == 0 || !TryCopyPage(page.Entry, isPrivate, out PageEntry copied))
                return false;
            child._pages.Write(leaf, page.Address, copied);
        }

        return true;
    }

    private bool TryCopyPage(PageEntry entry, bool isPrivate, out PageEntry copied)
    {
        copied = entry;
        if (entry.State == PageState.Device)
            return TryCopyFromDevice(entry, out copied);
        if (isPrivate && _memory.Frames[entry.Frame].IsPinned)
        {
            bool isCopied = TryCopyFrame(entry.Frame, out long own);
            copied = PageEntry.System(own, entry.IsWritable);
            return isCopied;
        }

        _memory.Frames.AddReference(entry.Frame);
        copied = entry.WithWritable(entry.IsWritable && !isPrivate);
        return true;
    }

    private unsafe bool TryCopyFromDevice(PageEntry entry, out PageEntry copied)
    {
        copied = default;
        if (!_memory.Frames.TryTake(out long frame))
            return false;
        byte* bytes = _memory.Frames.TryWrite(frame);
        if (bytes == null)
        {
            _memory.Frames.Release(frame);
            return false;
        }

        // SAFETY: a whole page of a frame in use.
        _memory.Blocks[entry.Block].Block!.Read(entry.Page, new Span<byte>(bytes, PageBytes.Size));
        copied = PageEntry.System(frame, entry.IsWritable);
        return true;
    }

    // After the copy, so that a copy that fails leaves the parent as it was. Pages that the child does not share stay writable.
    private void ProtectPrivate()
    {
        for (int vma = _vmas.First(0, Limit); vma != 0; vma = _vmas.First(_vmas[vma].End, Limit))
        {
            if (!_vmas[vma].IsPrivate)
                continue;
            foreach (PageMap.Place page in _pages.Populated(_vmas[vma].Start, _vmas[vma].End))
            {
                if (page.Entry is { State: PageState.System } entry && _memory.Frames[entry.Frame].References > 1)
                    _pages.Write(page.Leaf, page.Address, entry.WithWritable(false));
            }
        }
    }
}
