using XePt.Uapi;

namespace XePt.Host;

// Migrations to devices and back (HST-008, HST-009). A collected page stays in its entry, locked, and the migration has a reference of its
// own to what is in it: so the entry may be dropped or moved away meanwhile, and what is not found again is left out.
public sealed partial class ModelProcess
{
    /// <inheritdoc/>
    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds)
    {
        ArgumentNullException.ThrowIfNull(migration);
        ThrowIfCollected(migration);
        Enter();
        Errno error = IsInOneVma(range) ? Errno.Ok : Errno.EINVAL;
        if (error == Errno.Ok)
        {
            ChangeInFlight change = Announce(CpuChangeKind.Migrate, range.Start, range.End);
            migration.Begin(range, ++_memory.LastNumber);
            error = CollectPages(migration, kinds);
            _subscribers.End(change);
            if (error != Errno.Ok)
                PutBack(migration);
        }

        _memory.Exit();
        return error;
    }

    /// <inheritdoc/>
    public Errno CollectBlock(CpuMigration migration, DeviceBlock block)
    {
        ArgumentNullException.ThrowIfNull(migration);
        ArgumentNullException.ThrowIfNull(block);
        ThrowIfCollected(migration);
        migration.Begin(default, 0);
        Enter();
        migration.HostNumber = ++_memory.LastNumber;
        // Told of a page, its process may give up the last one, and the block is somebody else's.
        for (int page = 0; page < block.Pages && block.HostState is ModelBlock known && ReferenceEquals(known.Process, this); page++)
        {
            if (!known.TryFind(page, out ulong address))
                continue;
            ChangeInFlight change = Announce(CpuChangeKind.Clear, address, address + PageBytes.Size);
            if (ReferenceEquals(block.HostState, known) && known.TryFind(page, out ulong now) && now == address)
                CollectPage(migration, address, CpuCollectKinds.OfBlock(block));
            _subscribers.End(change);
        }

        _memory.Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public Errno PrepareFrames(CpuMigration migration)
    {
        ThrowIfNotCollected(migration);
        _memory.Enter();
        bool isTaken = true;
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            isTaken = _memory.Frames.TryTake(out long frame);
            if (!isTaken)
                break;
            migration.Frames.Add(CpuPageRun.System(page.Address, 1, _memory.Frames.AddressOf(frame), 0, isWritable: true));
        }

        if (!isTaken)
            DropFrames(migration);
        _memory.Exit();
        return isTaken ? Errno.Ok : Errno.ENOMEM;
    }

    /// <inheritdoc/>
    public void InstallFrames(CpuMigration migration)
    {
        ThrowIfNotCollected(migration);
        if (migration.Frames.Pages != migration.Sources.Pages)
            throw new InvalidOperationException("not every page has got a frame");
        _memory.Enter();
        PagesOfRuns frames = migration.Frames.EachPage;
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            frames.MoveNext();
            _memory.Frames.TryFind(frames.Current.Frame, out long frame);
            if (!TryInstall(migration, page, PageEntry.System(frame, isWritable: false)))
                _memory.Frames.Release(frame);
        }

        End(migration);
        _memory.Exit();
    }

    /// <inheritdoc/>
    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage)
    {
        ThrowIfNotCollected(migration);
        ArgumentNullException.ThrowIfNull(block);
        ulong pages = (migration.Range.Size) >> PageBytes.Shift;
        ArgumentOutOfRangeException.ThrowIfNegative(firstPage);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pages + (ulong)firstPage, (ulong)Math.Min(block.Pages, PageEntry.LargestBlock));

        _memory.Enter();
        Errno error = _memory.Blocks.TryUse(block, this) is { } known ? InstallPages(migration, known, firstPage) : Errno.ENOMEM;
        if (error == Errno.Ok)
            End(migration);
        else
            PutBack(migration);
        _memory.Exit();
        return error;
    }

    /// <inheritdoc/>
    public void Restore(CpuMigration migration)
    {
        ThrowIfNotCollected(migration);
        _memory.Enter();
        PutBack(migration);
        _memory.Exit();
    }

    private static void ThrowIfCollected(CpuMigration migration)
    {
        if (migration.HostNumber != 0)
            throw new InvalidOperationException("what it has collected is neither installed nor restored");
    }

    private static void ThrowIfNotCollected(CpuMigration migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        if (migration.HostNumber == 0)
            throw new InvalidOperationException("nothing is collected");
    }

    private bool IsInOneVma(AddressRange range) =>
        !range.IsEmpty && PageBytes.IsAligned(range.Start | range.End)
            && _vmas.Find(range.Start) is var vma and not 0 && _vmas[vma].End >= range.End;

    private Errno CollectPages(CpuMigration migration, in CpuCollectKinds kinds)
    {
        for (ulong at = migration.Range.Start; at < migration.Range.End; at += PageBytes.Size)
        {
            // The mapping may be gone, or another one be there, after the gate was left.
            int vma = _vmas.Find(at);
            if (vma == 0 || _vmas[vma].Kind != CpuVmaKind.Anonymous)
                continue;
            if (kinds.TakesAbsent && _pages.TryMakeLeaf(at) == 0)
                return Errno.ENOMEM;
            CollectPage(migration, at, kinds);
        }

        return Errno.Ok;
    }

    private void CollectPage(CpuMigration migration, ulong address, in CpuCollectKinds kinds)
    {
        int leaf = _pages.LeafOf(address);
        if (leaf == 0)
            return;
        SplitHuge(leaf, PageMap.LeafStart(address));
        PageEntry entry = _pages.Read(leaf, address);
        if (entry.IsLocked || !IsWanted(entry, kinds))
            return;

        if (entry.State == PageState.System)
            _memory.Frames.AddReference(entry.Frame);
        else if (entry.State == PageState.Device)
            _memory.Blocks[entry.Block].References++;
        migration.Sources.Add(entry.State == PageState.None ? CpuPageRun.Absent(address, 1) : RunOf(address, entry));
        _pages.Write(leaf, address, entry.State == PageState.None ? PageEntry.Held(migration.HostNumber) : entry.WithLocked(true));
    }

    private bool IsWanted(PageEntry entry, in CpuCollectKinds kinds) => entry.State switch
    {
        PageState.None => kinds.TakesAbsent,
        PageState.System => kinds.TakesSystem && !_memory.Frames[entry.Frame].IsPinned,
        _ => ReferenceEquals(kinds.Block, _memory.Blocks[entry.Block].Block) || IsOwn(entry, kinds.Owner),
    };

    private Errno InstallPages(CpuMigration migration, ModelBlock block, int firstPage)
    {
        ChangeInFlight? change =
            migration.FirstEmpty is { } empty ? Announce(CpuChangeKind.Migrate, empty, migration.Range.End) : null;
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            int place = firstPage + (int)((page.Address - migration.Range.Start) >> PageBytes.Shift);
            if (!TryInstall(migration, page, PageEntry.Device(block.Number, place, isWritable: false)))
                continue;
            block.MapAt(place, page.Address);
            block.References++;
        }

        if (change is not null)
            _subscribers.End(change);
        _memory.Blocks.Release(block);
        return Errno.Ok;
    }

    /// <summary>Puts another page in the place of a collected one; false when it is not there any more.</summary>
    private bool TryInstall(CpuMigration migration, in CpuPageRun source, PageEntry made)
    {
        if (!IsStillCollected(migration, source, out int leaf, out PageEntry entry))
            return false;

        bool isWritable = entry.State == PageState.Held ? _vmas[_vmas.Find(source.Address)].IsWritable : entry.IsWritable;
        _pages.Write(leaf, source.Address, made.WithWritable(isWritable));
        Release(entry);
        return true;
    }

    private bool IsStillCollected(CpuMigration migration, in CpuPageRun source, out int leaf, out PageEntry entry)
    {
        leaf = _pages.LeafOf(source.Address);
        entry = leaf != 0 ? _pages.Read(leaf, source.Address) : default;
        return entry.IsLocked && entry.IsSamePage(EntryOf(migration, source));
    }

    private PageEntry EntryOf(CpuMigration migration, in CpuPageRun source)
    {
        switch (source.Kind)
        {
            case CpuPageKind.Absent:
                return PageEntry.Held(migration.HostNumber);
            case CpuPageKind.Device:
                return PageEntry.Device(((ModelBlock)source.Block!.HostState!).Number, source.FirstPage, isWritable: false);
            default:
                _memory.Frames.TryFind(source.Frame, out long frame);
                return PageEntry.System(frame, isWritable: false);
        }
    }

    private void PutBack(CpuMigration migration)
    {
        foreach (CpuPageRun page in migration.Sources.EachPage)
        {
            if (!IsStillCollected(migration, page, out int leaf, out PageEntry entry))
                continue;
            _pages.Write(leaf, page.Address, entry.State == PageState.Held ? default : entry.WithLocked(false));
            if (entry.State == PageState.Held)
                _pages.Trim(page.Address);
        }

        DropFrames(migration);
        End(migration);
    }

    private void DropFrames(CpuMigration migration)
    {
        foreach (CpuPageRun page in migration.Frames.EachPage)
            Release(page);

        migration.Frames.Clear();
    }

    /// <summary>The references of a migration go. Leaves that were made for pages which were not collected go, too.</summary>
    private void End(CpuMigration migration)
    {
        foreach (CpuPageRun page in migration.Sources.EachPage)
            Release(page);

        _pages.Trim(migration.Range.Start, migration.Range.End);
        migration.HostNumber = 0;
    }

    private void Release(in CpuPageRun page)
    {
        if (page.Kind == CpuPageKind.Device)
            _memory.Blocks.Release((ModelBlock)page.Block!.HostState!);
        else if (page.Kind == CpuPageKind.System && _memory.Frames.TryFind(page.Frame, out long frame))
            _memory.Frames.Release(frame);
    }
}
