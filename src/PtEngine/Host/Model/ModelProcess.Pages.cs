using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

// Entries one by one: what becomes of a page that somebody wants, how it is populated, and how pages go away. Inside the machine's gate.
public sealed partial class ModelProcess
{
    /// <summary>What somebody wants of a page.</summary>
    private readonly record struct PageAccess(bool Write, bool IsCpu, object? Owner, bool WantsHuge);

    private enum PageStep
    {
        /// <summary>The page is there.</summary>
        Done,

        /// <summary>There is an errno.</summary>
        Refused,

        /// <summary>Its device has to bring it back first.</summary>
        Pull,

        /// <summary>Others use it: it has to be copied first.</summary>
        Copy,

        /// <summary>A migration has it.</summary>
        Busy,
    }

    /// <summary>Sees to a page of a readable mapping, as far as this is possible without leaving the gate.</summary>
    private PageStep Resolve(int vma, ulong address, in PageAccess access, out PageEntry entry, out Errno error)
    {
        error = Errno.Ok;
        int leaf = _pages.LeafOf(address);
        entry = leaf != 0 ? _pages.Read(leaf, address) : default;
        if (entry.IsLocked)
            return PageStep.Busy;
        if (entry.State == PageState.System ? !access.Write || entry.IsWritable : IsOwn(entry, access.Owner))
            return PageStep.Done;

        if (access.Write && !_vmas[vma].IsWritable)
        {
            error = access.IsCpu ? Errno.EFAULT : Errno.EPERM;
            return PageStep.Refused;
        }

        if (entry.State == PageState.Device)
            return PageStep.Pull;
        if (entry.State == PageState.System)
            return TryMakeWritable(vma, leaf, address, ref entry) ? PageStep.Done : PageStep.Copy;
        error = Populate(vma, address, access);
        entry = _pages[address];
        return error == Errno.Ok ? PageStep.Done : PageStep.Refused;
    }

    /// <summary>A page in a device of an owner; null owns none.</summary>
    private bool IsOwn(PageEntry entry, object? owner) =>
        entry.State == PageState.Device && owner is not null && ReferenceEquals(owner, _memory.Blocks[entry.Block].Block!.Owner);

    /// <summary>Lets the CPU write a system page, unless others use it too and see their own.</summary>
    private bool TryMakeWritable(int vma, int leaf, ulong address, ref PageEntry entry)
    {
        bool isPrivate = _vmas[vma].IsPrivate;
        if (isPrivate && _memory.Frames[entry.Frame].References > 1)
            return false;

        ulong first = PageMap.LeafStart(address);
        if (entry.IsHuge && (!isPrivate || IsUnshared(leaf, first)))
        {
            for (ulong at = first; at < first + PageMap.LeafBytes; at += PageBytes.Size)
                _pages.Write(leaf, at, _pages.Read(leaf, at).WithWritable(true));
        }
        else
        {
            SplitHuge(leaf, first);
            _pages.Write(leaf, address, _pages.Read(leaf, address).WithWritable(true));
        }

        entry = _pages.Read(leaf, address);
        return true;
    }

    private bool IsUnshared(int leaf, ulong first)
    {
        for (ulong at = first; at < first + PageMap.LeafBytes; at += PageBytes.Size)
        {
            if (_memory.Frames[_pages.Read(leaf, at).Frame].References > 1)
                return false;
        }

        return true;
    }

    private Errno Populate(int vma, ulong address, in PageAccess access)
    {
        int leaf = _pages.TryMakeLeaf(address);
        if (leaf == 0)
            return Errno.ENOMEM;
        if ((access.WantsHuge || _vmas[vma].Kind == CpuVmaKind.HugeTlb) && TryPopulateHuge(vma, leaf, PageMap.LeafStart(address)))
            return Errno.Ok;

        Errno error = TakeFrame(vma, address, access.Write, out long frame, out bool isWritable);
        if (error == Errno.Ok)
            _pages.Write(leaf, address, PageEntry.System(frame, isWritable));
        else
            _pages.Trim(address);
        return error;
    }

    /// <summary>A frame for a page that is not populated, with a reference for its entry.</summary>
    private Errno TakeFrame(int vma, ulong address, bool write, out long frame, out bool isWritable)
    {
        ref ModelVma v = ref _vmas[vma];
        isWritable = v.IsWritable;
        if (_vmas.FileOf(vma) is not { } file)
            return _memory.Frames.TryTake(out frame) ? Errno.Ok : Errno.ENOMEM;

        Errno error = file.TryFrame((v.Offset + (address - v.Start)) >> PageBytes.Shift, out long cached);
        frame = cached;
        if (error != Errno.Ok)
            return error;
        if (v.IsPrivate && write)
            return TryCopyFrame(cached, out frame) ? Errno.Ok : Errno.ENOMEM;
        isWritable &= !v.IsPrivate;
        _memory.Frames.AddReference(cached);
        return Errno.Ok;
    }

    private bool TryCopyFrame(long from, out long to)
    {
        if (!_memory.Frames.TryTake(out to))
            return false;
        if (_memory.Frames.TryCopy(from, to))
            return true;
        _memory.Frames.Release(to);
        return false;
    }

    /// <summary>Populates 2 MiB as one huge page, if they lie in the mapping and nothing of them is populated.</summary>
    private bool TryPopulateHuge(int vma, int leaf, ulong start)
    {
        ref ModelVma v = ref _vmas[vma];
        if (start < v.Start || start + PageMap.LeafBytes > v.End || _pages.CountOf(leaf) != 0)
            return false;

        ModelFile? file = _vmas.FileOf(vma);
        if (file is not null && v.IsPrivate)
            return false;
        long first;
        if (!(file is null
            ? _memory.Frames.TryTakeHuge(out first)
            : file.TryHugeFrames((v.Offset + (start - v.Start)) >> PageBytes.Shift, out first)))
            return false;

        for (int i = 0; i < FrameStore.HugePages; i++)
        {
            if (file is not null)
                _memory.Frames.AddReference(first + i);
            _pages.Write(leaf, start + ((ulong)i << PageBytes.Shift), PageEntry.System(first + i, v.IsWritable, isHuge: true));
        }

        return true;
    }

    /// <summary>Takes a page of its own in place of one that others use, too (copy-on-write). The gate is left while everybody hears of
    /// it.</summary>
    /// <returns>Ok, also when somebody else was faster; -ENOMEM.</returns>
    private Errno BreakSharing(ulong address)
    {
        PageEntry before = _pages[address];
        ulong start = address, end = address + PageBytes.Size;
        if (before.IsHuge && _vmas[_vmas.Find(address)].Kind == CpuVmaKind.HugeTlb)
            (start, end) = (PageMap.LeafStart(address), PageMap.LeafStart(address) + PageMap.LeafBytes);
        ChangeInFlight change = Announce(CpuChangeKind.Clear, start, end);
        PageEntry now = _pages[address];
        bool isSame = now.IsSamePage(before) && !now.IsLocked;
        bool isDone = !isSame || (end - start == PageBytes.Size ? TryOwnPage(address, now) : TryOwnHugePage(start));
        _subscribers.End(change);
        return isDone ? Errno.Ok : Errno.ENOMEM;
    }

    private bool TryOwnPage(ulong address, PageEntry shared)
    {
        if (!TryCopyFrame(shared.Frame, out long own))
            return false;
        int leaf = _pages.LeafOf(address);
        SplitHuge(leaf, PageMap.LeafStart(address));
        _pages.Write(leaf, address, PageEntry.System(own, isWritable: false));
        _memory.Frames.Release(shared.Frame);
        return true;
    }

    private bool TryOwnHugePage(ulong start)
    {
        int leaf = _pages.LeafOf(start);
        if (!_pages.Read(leaf, start).IsHuge || !_memory.Frames.TryTakeHuge(out long first))
            return false;

        bool isCopied = true;
        for (int i = 0; i < FrameStore.HugePages && isCopied; i++)
            isCopied = _memory.Frames.TryCopy(_pages.Read(leaf, start + ((ulong)i << PageBytes.Shift)).Frame, first + i);
        for (int i = 0; i < FrameStore.HugePages; i++)
        {
            ulong at = start + ((ulong)i << PageBytes.Shift);
            _memory.Frames.Release(isCopied ? _pages.Read(leaf, at).Frame : first + i);
            if (isCopied)
                _pages.Write(leaf, at, PageEntry.System(first + i, isWritable: false, isHuge: true));
        }

        return isCopied;
    }

    /// <summary>Has a device bring a page back. The gate is left meanwhile. Pages are locked by this thread then, for which a fault would
    /// wait.</summary>
    private Errno Pull(int vma, ulong address)
    {
        DeviceBlock block = _memory.Blocks[_pages[address].Block].Block!;
        CpuVma mapping = _vmas[vma].Public;
        _memory.Exit();
        Errno error;
        ThreadJobs.Own.BeginChange();
        try
        {
            error = block.Pull(this, address, mapping);
        }
        finally
        {
            // A copy engine may throw.
            ThreadJobs.Own.EndChange();
        }

        Enter();
        return error;
    }

    /// <summary>Leaves the gate until a migration that has pages of an interval may have ended: helps it, when no thread carries it out, or
    /// lets others run.</summary>
    private void WaitForMigration(ulong start, ulong end, ref SpinWait spin)
    {
        _memory.Exit();
        if (!PendingMigrations.TryHasten(this, new AddressRange(start, end)))
            spin.SpinOnce();
        Enter();
    }

    /// <summary>Turns a huge page into ordinary ones.</summary>
    private void SplitHuge(int leaf, ulong first)
    {
        if (!_pages.Read(leaf, first).IsHuge)
            return;
        for (ulong at = first; at < first + PageMap.LeafBytes; at += PageBytes.Size)
            _pages.Write(leaf, at, _pages.Read(leaf, at).WithoutHuge());
    }

    /// <summary>Splits a huge page that goes across an address.</summary>
    private void SplitHugeAt(ulong address)
    {
        ulong first = PageMap.LeafStart(address);
        if (first != address && _pages.LeafOf(address) is var leaf and not 0)
            SplitHuge(leaf, first);
    }

    /// <summary>Forgets the pages of an interval.</summary>
    private void DropPages(ulong start, ulong end)
    {
        SplitHugeAt(start);
        SplitHugeAt(end);
        foreach (PageMap.Place page in _pages.Populated(start, end))
        {
            _pages.Write(page.Leaf, page.Address, default);
            Release(page.Entry);
        }

        _pages.Trim(start, end);
    }

    /// <summary>An entry is gone, and with it what it refers to.</summary>
    private void Release(PageEntry entry)
    {
        switch (entry.State)
        {
            case PageState.System:
                _memory.Frames.Release(entry.Frame);
                break;
            case PageState.Device:
                ModelBlock block = _memory.Blocks[entry.Block];
                block.Unmap(entry.Page);
                _memory.Blocks.Release(block);
                break;
        }
    }
}
